--- Pseudo-random numbers that are the same with every Lua: a linear congruential generator.
-- @module lcg

--- A generator.
-- @tparam integer seed
-- @treturn function `next(low, high)`, an integer in that range
return function(seed)
  local state = seed
  return function(low, high)
    state = state * 6364136223846793005 + 1442695040888963407
    return low + (state >> 33) % (high - low + 1)
  end
end
