--- Physical memory of a made-up machine: pages that hold something, frames that are there.
-- @module tests.make.kernel.memory
local memory <const> = {}
memory.__index = memory

local PAGE <const> = 4096
local ZEROS <const> = ("\0"):rep(PAGE)

--- Memory in runs of frames.
-- @tparam {{integer,integer},...} runs first frame and count of each, ascending
-- @treturn Memory
function memory.new(runs)
  local high <const> = runs[3]
  return setmetatable({ runs = runs, pages = {}, next = runs[1][1], run = 1, single = 0,
    high = high and high[1] },
    memory)
end

--- The next free frames, contiguous and aligned.  Of single frames every seventh is left out and every fifth
-- comes from the last of three runs, so that what lies together in virtual memory is scattered.
-- @tparam[opt=1] integer count
-- @tparam[opt=1] integer align in frames
-- @treturn integer first frame
function memory:frames(count, align)
  count, align = count or 1, align or 1
  local first = (self.next + align - 1) // align * align
  local run = self.runs[self.run]
  if count == 1 then
    self.single = self.single + 1
    if self.single % 7 == 0 then first = first + 1 end
    if self.high and self.single % 5 == 0 then
      self.high = self.high + 1
      self.pages[self.high] = ZEROS
      return self.high
    end
  end
  while first + count > run[1] + run[2] do
    self.run = self.run + 1
    run = assert(self.runs[self.run], "the machine has too little memory")
    first = (run[1] + align - 1) // align * align
  end
  self.next = first + count
  for frame = first, first + count - 1 do self.pages[frame] = self.pages[frame] or ZEROS end
  return first
end

--- Put bytes at a physical address.
-- @tparam integer address
-- @tparam string bytes
function memory:write(address, bytes)
  local at = 1
  while at <= #bytes do
    local frame, offset = address // PAGE, address % PAGE
    local part = bytes:sub(at, at + PAGE - offset - 1)
    local page = self.pages[frame] or ZEROS
    if #part == PAGE then
      self.pages[frame] = part
    else
      self.pages[frame] = page:sub(1, offset) .. part .. page:sub(offset + #part + 1)
    end
    at, address = at + #part, address + #part
  end
end

--- What lies in a frame.
-- @tparam integer frame
-- @treturn string 4096 bytes
function memory:page(frame)
  return self.pages[frame] or ZEROS
end

--- Frames that hold something, ascending.
-- @treturn {integer,...}
function memory:used()
  local list = {}
  for frame in pairs(self.pages) do list[#list + 1] = frame end
  table.sort(list)
  return list
end

return memory
