--- Calendar: from dates to seconds, whatever the time zone of the machine.
-- @module poolsleuth.calendar
local calendar = {}

local LONGEST <const> = { 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31 }

-- Days from 1970-01-01: years are counted from March, so that the leap day is the last.
local function days_from_epoch(year, month, day)
  if month <= 2 then year, month = year - 1, month + 12 end
  local leap_days = year // 4 - year // 100 + year // 400
  return 365 * year + leap_days + (153 * (month - 3) + 2) // 5 + day - 719469
end

--- Seconds since 1970 of a date and a time of day, both taken as UTC.
-- @int year
-- @int month
-- @int day
-- @int[opt=0] hour
-- @int[opt=0] minute
-- @int[opt=0] second 60 is a leap second
-- @treturn[1] int
-- @treturn[2] nil where there is no such date or time
function calendar.seconds(year, month, day, hour, minute, second)
  hour, minute, second = hour or 0, minute or 0, second or 0
  if month < 1 or month > 12 or day < 1 or day > LONGEST[month] then return nil end
  if hour > 23 or minute > 59 or second > 60 then return nil end
  return ((days_from_epoch(year, month, day) * 24 + hour) * 60 + minute) * 60 + second
end

return calendar
