--- Reports from the field, rebuilt with their own figures: the answer names what turned out to be true, and
-- goes on naming it when names, scale, order and noise of the evidence change.
local made_up = require "poolsleuth.made_up"
local shelf   = require "poolsleuth.shelf"
local support = require "tests.lua.support.stories"
local testing = require "poolsleuth.testing"

local CHANGES <const>, series <const>, handles <const> = support.CHANGES, support.series, support.handles

local stories <const> = {
  {
    name = "a web server's worker process leaks events, and users see 503", playbook = "object-handle-leak",
    evidence = function(change)
      return { texts = series(change, 12, 1, function(hour)
        local kept = 470000 + 19538 * math.floor(hour)
        return made_up.among(hour, { "Even", 50633533 + kept, 50633533, 48 })
      end), handles = handles(change, "Event", 11, { ["w3wp" .. change.suffix .. ".exe"] = 680100 }) }
    end,
    expect = { '^USER%-HANDLE%-LEAK tag="Even" pool=nonpaged', "process=w3wp" },
  },
  {
    name = "the System process holds 109,000 handles of threads that have ended",
    playbook = "object-handle-leak",
    evidence = function(change)
      return { texts = { series(change, 1, 1, function(hour)
        return made_up.among(hour, { "Thre", 9000000, 9000000 - 112000, 2240 })
      end)[1] }, handles = handles(change, "Thread", 0, { ["System" .. change.suffix] = 109000 }),
        processes = made_up.processes(0, { { id = 4, name = "System", handles = 112000, threads = 2700 } }) }
    end,
    expect = { '^HIGH tag="Thre"', "holder=user%-handles process=System" },
  },
  {
    name = "a keyboard-sharing service leaks registry keys", playbook = "object-handle-leak",
    evidence = function(change)
      return { texts = series(change, 10, 2, function(hour)
        return made_up.among(hour, { "Key ", 900000 + math.floor(6200 * hour) + math.floor(90000 * hour),
          890000 + math.floor(90000 * hour), 320, pool = "paged" })
      end), handles = handles(change, "Key", 18, { ["input-leapd" .. change.suffix .. ".exe"] = 119000 }) }
    end,
    expect = { '^USER%-HANDLE%-LEAK tag="Key " pool=paged', "process=input%-leapd" },
  },
  {
    name = "a service keeps handles to processes that have ended", playbook = "zombie-process",
    evidence = function(change)
      return { texts = series(change, 12, 2, function(hour)
        return made_up.among(hour, { "Proc", 500 + math.floor(220 * hour), 400, 2688 })
      end), processes = made_up.processes(22, nil, 96),
        handles = handles(change, "Process", 22, { ["netprofm" .. change.suffix] = 4700 }) }
    end,
    expect = { "^ZOMBIES .*per%-start=1.00 holder=user%-handles process=netprofm" },
  },
  {
    name = "a driver looks processes up and never lets them go", playbook = "zombie-process",
    evidence = function(change)
      local file = "dbk64" .. change.suffix .. ".sys"
      return { texts = series(change, 12, 2, function(hour)
        return made_up.among(hour, { "Proc", 500 + math.floor(220 * hour), 400, 2688 })
      end), processes = made_up.processes(22, nil, 96), handles = handles(change, "Process", 22, {}),
        drivers = change.order {
          made_up.driver(file, { imports = { "PsLookupProcessByProcessId" } }),
          made_up.driver("tidy.sys", { imports = { "PsLookupProcessByProcessId", "ObfDereferenceObject" } }),
          made_up.driver("other.sys", { imports = { "IoAllocateIrp", "IoFreeIrp" } }) } }
    end,
    expect = { "^ZOMBIES .*holder=kernel%-references .*driver=dbk64" },
  },
  {
    name = "short-lived helpers leave their tokens to the program that starts them", playbook = "token-logon",
    evidence = function(change)
      return { texts = series(change, 10, 1, function(hour)
        local kept, busy = math.floor(5200 * hour), math.floor(30000 * hour)
        return made_up.among(hour, { "Toke", 90000 + kept + busy, 89000 + busy, 1456, pool = "paged" },
          { "SeTd", 90000 + kept + busy, 89000 + busy, 240, pool = "paged" },
          { "SeAt", 90000 + kept + busy, 89000 + busy, 160, pool = "paged" })
      end), handles = handles(change, "Token", 9, { ["agent" .. change.suffix .. ".exe"] = 47400 }) }
    end,
    expect = { '^TOKEN%-LEAK tag="Toke" pool=paged', "process=agent" },
  },
  {
    name = "a graphics driver's telemetry starts session after session", playbook = "etw-buffers",
    evidence = function(change)
      local loggers = {}
      for i, hour in ipairs { 0, 9 } do
        for n = 1, 2 + 14 * (i - 1) do
          loggers[#loggers + 1] = { name = "NVIDIA-NVTOPPS-NOCAT" .. n, time = made_up.time(hour),
                                    buffers = 8, buffer_bytes = 65536 }
        end
        loggers[#loggers + 1] = { name = "EventLog-System", buffers = 8, buffer_bytes = 65536,
                                  time = made_up.time(hour) }
      end
      return { texts = series(change, 10, 1, function(hour)
        return made_up.among(hour, { "EtwD", 2000 + math.floor(40000 * hour), 900, 512 })
      end), loggers = change.order(loggers) }
    end,
    expect = { "^ETW%-SESSION%-LEAK .*owner=NVIDIA" },
  },
  {
    name = "a file server keeps prototype page tables until its paged pool is full",
    playbook = "cache-or-leak",
    evidence = function(change)
      return { texts = series(change, 12, 1, function(hour, i)
        local free = i > 6 and 12 or 40
        return made_up.among(hour, { "MmSt", 900000 + 70000 // change.scale, 900000, 4096, pool = "paged" }),
          { physical_bytes = 400 << 20, available_bytes = free << 20 }
      end) }
    end,
    expect = { '^CACHE%-UNTRIMMED tag="MmSt" pool=paged elastic=no' },
  },
}

describe("the story", function()
  for _, story in ipairs(stories) do
    for _, change in ipairs(CHANGES) do
      it("that " .. story.name .. ", " .. change.name, function()
        local def = assert(shelf.load_named(("scripts/playbooks/%s.lua"):format(story.playbook)))
        local wrong = testing.run(def, { evidence = story.evidence(change), expect = story.expect })
        assert.is_nil(wrong, wrong)
      end)
    end

    it("that " .. story.name .. ", among all playbooks", function()
      local def = assert(shelf.load_named "scripts/playbooks/investigate.lua")
      for _, change in ipairs(CHANGES) do
        local wrong = testing.run(def, { evidence = story.evidence(change), expect = story.expect })
        assert.is_nil(wrong, wrong and change.name .. ": " .. wrong)
      end
    end)
  end
end)
