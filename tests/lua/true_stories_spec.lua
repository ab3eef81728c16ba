--- Drivers that were guilty in public reports, rebuilt from the reports' own figures.  The answer names what
-- turned out to be true, or says with which test it can be decided, whatever else changes in the evidence.
local made_up = require "poolsleuth.made_up"
local stories = require "tests.lua.support.stories"
local verdict = require "poolsleuth.verdict"

-- Memory that comes and goes as often as files are opened, requests sent, calls made.
local function busy(hour, per_hour) return math.floor((per_hour or 90000) * hour) end

-- A row of which so many blocks stay an hour, beside what is freed again.
local function staying(hour, tag, per_hour, size, more)
  more = more or {}
  local freed = (more.freed or 0) + busy(hour, more.churn or 0)
  local kept = (more.before or 900) + math.floor(per_hour * hour)
  return { tag, freed + kept, freed, size, pool = more.pool }
end

local function other(name, imports)
  return made_up.driver(name, { imports = imports, company = "Other Ltd." })
end

-- Each: the playbook, the evidence, and patterns of the worst finding's line; `decides` is a command that the
-- answer must offer where the evidence as it was changed cannot name the driver.
local told <const> = {
  {
    name = "a container's filter keeps stream contexts, and NTFS cannot forget the files",
    playbook = "minifilter-pin",
    evidence = function(change)
      local per_hour = 503677 / (4.91 * 24)
      return {
        texts = stories.series(change, 12, 8, function(hour)
          local churn = { churn = 40000, freed = 9000000 }
          return made_up.among(hour, staying(hour, "WCsc", per_hour, 384, { pool = "paged" }),
            staying(hour, "WCfc", per_hour, 208, { pool = "paged" }),
            staying(hour, "NtfC", per_hour, 400, churn), staying(hour, "File", 1.022 * per_hour, 384, churn),
            staying(hour, "IoNm", 1.002 * per_hour, 96, { churn = 40000, freed = 9000000, pool = "paged" }),
            staying(hour, "FOCX", per_hour, 160, churn), staying(hour, "FMfc", per_hour, 128, churn),
            staying(hour, "IoFE", 2 * per_hour, 64, churn))
        end),
        drivers = change.order {
          made_up.driver("wcifs" .. change.suffix .. ".sys", { tag = "WCsc", pool = "paged",
            version = "10.0.26100.9278", imports = { "FltRegisterFilter" },
            company = "Microsoft Corporation" }),
          other("tidyflt.sys", { "FltRegisterFilter" }), other("net.sys", { "IoAllocateIrp" }) },
        modules = { { name = "wcifs" .. change.suffix, altitude = "189900" },
          { name = "tidyflt", altitude = "385250.5" } },
        handles = stories.handles(change, "File", 88, { System = 1200 }),
      }
    end,
    expect = { '^PINNED%-BY%-FILTER tag="WC[sf]c" pool=paged', "driver=wcifs" },
    victims = { "NtfC", "FOCX" },
  },
  {
    name = "work items of an audio co-processor's driver, under the tag that the framework makes",
    playbook = "kmdf-default-tag",
    evidence = function(change)
      return {
        texts = stories.series(change, 10, 1, function(hour)
          return made_up.among(hour, staying(hour, "amda", 21000, 272), staying(hour, "IoWI", 21000, 96))
        end),
        services = change.order {
          { name = "amdacpbus2" .. change.suffix, type = "kernel driver", state = "running" },
          { name = "amdkmdag", type = "kernel driver", state = "running" },
          { name = "disk", type = "kernel driver", state = "running" } },
      }
    end,
    expect = { '^KMDF%-DEFAULT tag="amda" pool=nonpaged service=amdacpbus2', "driver=amdacpbus2" },
    among_all = { 'tag="amda" pool=nonpaged cause=work%-items', "driver=amdacpbus2" },
    victims = { "IoWI" },
  },
  {
    name = "the same, asked for the work items", playbook = "irp-pending",
    evidence = function(change)
      return {
        texts = stories.series(change, 10, 1, function(hour)
          return made_up.among(hour, staying(hour, "amda", 21000, 272), staying(hour, "IoWI", 21000, 96))
        end),
        services = { { name = "amdacpbus2" .. change.suffix, type = "kernel driver", state = "running" } },
      }
    end,
    expect = { '^IRP%-PENDING tag="amda" pool=nonpaged cause=work%-items', "service=amdacpbus2" },
  },
  {
    name = "a file system of virtual machines frees the pages and keeps their lists",
    playbook = "mdl-contiguous",
    evidence = function(change)
      local pages = { "MmAllocatePagesForMdlEx", "MmFreePagesFromMdl" }
      return {
        texts = stories.series(change, 12, 0.5, function(hour)
          return made_up.among(hour, staying(hour, "Mmdi", 36000, 2112, { churn = 2000, freed = 7000 }))
        end),
        drivers = change.order { other("viofs" .. change.suffix .. ".sys",
          { pages[1], pages[2], "ExFreePoolWithTag" }), other("net.sys", { "NdisAllocateNetBufferList" }) },
      }
    end,
    expect = { '^MDL%-LEAK tag="Mmdi" pool=nonpaged' }, named = "driver=viofs.sys",
    decides = "verifier /flags",
  },
  {
    name = "a capture driver writes its tag as the number 1234", playbook = "find-leaking-driver",
    evidence = function(change)
      return {
        texts = stories.series(change, 10, 1, function(hour)
          return made_up.among(hour, staying(hour, "4321", 26000, 1024))
        end),
        drivers = change.order { made_up.driver("npcap" .. change.suffix .. ".sys", { tag = "4321",
          version = "0.9995" }), other("net.sys", { "NdisAllocateNetBufferList" }) },
      }
    end,
    expect = { '^LEAK tag="4321" pool=nonpaged', "driver=npcap" },
  },
  {
    name = "a sandbox's driver keeps strings that run-time routines made", playbook = "find-leaking-driver",
    evidence = function(change)
      local strings = { "RtlAnsiStringToUnicodeString", "RtlFreeUnicodeString" }
      return {
        texts = stories.series(change, 10, 1, function(hour)
          return made_up.among(hour, staying(hour, "Strg", 180000, 85, { churn = 9000, freed = 90000 }))
        end),
        drivers = change.order { made_up.driver("sbiedrv" .. change.suffix .. ".sys", { imports = strings }),
          other("net.sys", strings), other("tidy.sys", { "IoAllocateIrp" }) },
      }
    end,
    expect = { '^LEAK tag="Strg" pool=nonpaged' }, named = "driver=sbiedrv.sys",
    decides = "poolhittag 0x67727453",
  },
  {
    name = "each call that reads the firmware's variables loses 32 bytes, under a tag with two blanks",
    playbook = "find-leaking-driver",
    evidence = function(change)
      return { texts = stories.series(change, 10, 1, function(hour)
        return made_up.among(hour, staying(hour, "Pp  ", 400000, 32, { pool = "paged" }))
      end) }
    end,
    expect = { '^LEAK tag="Pp  " pool=paged' }, decides = '!poolfind "Pp  "',
  },
  {
    name = "a graphics driver keeps a reference to each process that used the card",
    playbook = "zombie-process",
    evidence = function(change)
      local imports = { "PsLookupProcessByProcessId", "ObfDereferenceObject" }
      return {
        texts = stories.series(change, 12, 2, function(hour)
          return made_up.among(hour, { "Proc", 500 + busy(hour, 260), 400 + busy(hour, 60), 2688 })
        end),
        processes = made_up.processes(22, nil, 96), handles = stories.handles(change, "Process", 22, {}),
        drivers = change.order { made_up.driver("amdkmdag" .. change.suffix .. ".sys", { imports = imports }),
          other("tidy.sys", imports) },
      }
    end,
    expect = { '^ZOMBIES tag="Proc" .*holder=kernel%-references' }, named = "driver=amdkmdag.sys",
    decides = "gflags /ko",
  },
  {
    name = "a monitor's driver keeps its old rules at each reload of its configuration",
    playbook = "find-leaking-driver",
    evidence = function(change)
      return {
        texts = stories.series(change, 12, 1, function(hour)
          return made_up.among(hour, staying(hour, "SysR", 8000, 2048, { pool = "paged" }))
        end),
        drivers = change.order { made_up.driver("SysmonDrv" .. change.suffix .. ".sys", { version = "7.01",
          tag = "SysR", pool = "paged" }), other("tidy.sys", { "IoAllocateIrp" }) },
      }
    end,
    expect = { '^LEAK tag="SysR" pool=paged', "driver=SysmonDrv" },
  },
  {
    name = "a callout never releases its classify handles", playbook = "wfp-nbl",
    evidence = function(change)
      return {
        texts = stories.series(change, 10, 1, function(hour)
          return made_up.among(hour, staying(hour, "Fecf", 52000, 336),
            { "Nbuf", 900000 + busy(hour), 896000 + busy(hour), 656 })
        end),
        drivers = change.order {
          made_up.driver("WFPSampler" .. change.suffix .. ".sys",
            { imports = { "FwpsCalloutRegister1", "FwpsAcquireClassifyHandle0" } }),
          other("tidynet.sys", { "FwpsCalloutRegister1", "FwpsAcquireClassifyHandle0",
            "FwpsReleaseClassifyHandle0" }) },
      }
    end,
    expect = { '^NBL%-HELD%-BY%-CALLOUT tag="Fecf" pool=nonpaged', "driver=WFPSampler" },
  },
  {
    name = "a split tunnel's redirect data: 47 million allocations and no free", playbook = "wfp-nbl",
    evidence = function(change)
      return {
        texts = { stories.series(change, 1, 1, function(hour)
          return made_up.among(hour, { "Acrl", 47000000, 0, 336 })
        end)[1] },
        drivers = { other("ProtonVPN.CalloutDriver" .. change.suffix .. ".sys", { "FwpsCalloutRegister1" }) },
      }
    end,
    expect = { '^HIGH tag="Acrl" pool=nonpaged callouts=ProtonVPN' }, decides = "sc stop ProtonVPN",
  },
  {
    name = "a split tunnel never frees the requests that it builds", playbook = "irp-pending",
    evidence = function(change)
      return {
        texts = stories.series(change, 12, 1, function(hour)
          return made_up.among(hour, staying(hour, "Irp ", 260000, 592, { churn = 900000, freed = 99000 }))
        end),
        drivers = change.order {
          made_up.driver("mullvad-split-tunnel" .. change.suffix .. ".sys",
            { imports = { "IoAllocateIrp" } }),
          other("tidy.sys", { "IoAllocateIrp", "IoFreeIrp" }) },
      }
    end,
    expect = { '^IRP%-PENDING tag="Irp " pool=nonpaged cause=driver', "driver=mullvad%-split%-tunnel" },
  },
  {
    name = "a program writes into a pipe that nobody reads", playbook = "irp-pending",
    evidence = function(change)
      return { texts = stories.series(change, 10, 1, function(hour)
        return made_up.among(hour, staying(hour, "Irp ", 60000, 592), staying(hour, "NpFr", 60000, 4096))
      end), drivers = { other("tidy.sys", { "IoAllocateIrp" }) } }
    end,
    expect = { "^IRP%-PENDING .*cause=unread%-pipe" }, decides = "pipelist",
  },
  {
    name = "http.sys keeps a hash table for each container that starts", playbook = "per-start-leak",
    evidence = function(change)
      return { texts = stories.series(change, 12, 1, function(hour)
        return made_up.among(hour, { "UlHT", 40 + busy(hour, 60), 2, 262144 // change.scale },
          { "Proc", 9000 + busy(hour, 700), 8900 + busy(hour, 700), 2688 })
      end) }
    end,
    expect = { '^PER%-START%-LEAK tag="UlHT" pool=nonpaged bytes=262144 per=container', "driver=http.sys" },
  },
}

local function has_command(finding, wanted)
  for _, step in ipairs(finding.next) do
    if step.command and step.command:find(wanted, 1, true) then return true end
  end
  return false
end

describe("the report of", function()
  for _, story in ipairs(told) do
    for _, change in ipairs(stories.CHANGES) do
      it(("%s, %s"):format(story.name, change.name), function()
        local first = stories.findings(story.playbook, story.evidence(change))[1]
        local line = verdict.line(first)
        for _, pattern in ipairs(story.expect) do assert.is_truthy(line:find(pattern), line) end
        for i, tag in ipairs(story.victims or {}) do
          local found = false
          for _, victim in ipairs(first.victims) do found = found or victim.tag == tag end
          assert.is_true(found, ("victim %d, %s: %s"):format(i, tag, line))
        end
        -- A public report names a driver by its own name alone; else the answer says what would decide.
        local named = story.named and line:find(story.named, 1, true)
        if story.named and change.suffix == "" then assert.is_truthy(named, line) end
        if story.decides and not named then assert.is_true(has_command(first, story.decides), line) end
        if story.named and not named then assert.is_nil(line:find "driver=", line) end
      end)
    end

    it(story.name .. ", among all playbooks", function()
      for _, change in ipairs(stories.CHANGES) do
        local line = verdict.line(stories.findings("investigate", story.evidence(change))[1])
        for _, pattern in ipairs(story.among_all or story.expect) do
          assert.is_truthy(line:find(pattern), change.name .. ": " .. line)
        end
        local named = not story.named or change.suffix ~= "" or line:find(story.named, 1, true)
        assert.is_truthy(named, change.name .. ": " .. line)
      end
    end)
  end
end)
