--- Writes a made-up machine's memory into each container that there is.
-- @module tests.make.kernel.containers
local machine <const> = require "tests.make.kernel.machine"

local containers <const> = {}

local PAGE <const> = 4096
local structure <const> = machine.structure

local machines <const> = { x86 = 0x14c, pae = 0x14c, x64 = 0x8664, la57 = 0x8664, arm64 = 0xaa64 }

local function filetime(seconds) return (seconds + 11644473600) * 10000000 end

-- The header of a Windows dump; what is not said stays filled as the writer of the real one leaves it.
local function header32(m, kind, size)
  local spec <const>, p <const> = m.spec, function(value) return value & 0xffffffff end
  local fields <const> = {
    { 0, "c8", "PAGEDUMP" }, { 8, "<I4", 15 }, { 0xc, "<I4", spec.build }, { 0x10, "<I4",
      m.space.root << 12 },
    { 0x14, "<I4", p(0x81000000) }, { 0x18, "<I4", p(m:symbol("PsLoadedModuleList")) },
    { 0x1c, "<I4", p(m:symbol("PsActiveProcessHead")) }, { 0x20, "<I4", machines[m.space.name] },
    { 0x24, "<I4", spec.processors }, { 0x28, "<I4", spec.bugcheck[1] }, { 0x5c, "<I1",
      m.space.name == "pae" and 1 or 0 },
    { 0x60, "<I4", p(m:symbol("KdDebuggerDataBlock")) }, { 0xf88, "<I4", kind }, { 0xf94, "<I4",
      spec.product or 3 },
    { 0xfa0, "<i8", size }, { 0xfb8, "<i8", spec.uptime * 10000000 }, { 0xfc0, "<i8", filetime(spec.time) },
    { 0x8a0, "<I4", 0 }, { 0x820, "c1", "\0" } }
  for i = 1, 4 do fields[#fields + 1] = { 0x2c + 4 * (i - 1), "<I4", p(spec.bugcheck[i + 1]) } end
  return fields
end

local function header64(m, kind, size)
  local spec <const> = m.spec
  local fields <const> = {
    { 0, "c8", "PAGEDU64" }, { 8, "<I4", 15 }, { 0xc, "<I4", spec.build },
    { 0x10, "<i8", m.space.root << 12 | (spec.context_tag or 0) },
    { 0x18, "<i8", m:symbol("PsLoadedModuleList") & ~0xfff }, { 0x20, "<i8", m:symbol("PsLoadedModuleList") },
    { 0x28, "<i8", m:symbol("PsActiveProcessHead") }, { 0x30, "<I4", machines[m.space.name] },
    { 0x34, "<I4", spec.processors }, { 0x38, "<I4", spec.bugcheck[1] },
    { 0x80, "<i8", m:symbol("KdDebuggerDataBlock") }, { 0xf98, "<I4", kind }, { 0xfa0, "<i8", size },
    { 0xfa8, "<i8", filetime(spec.time) }, { 0x1030, "<i8", spec.uptime * 10000000 },
    { 0x1040, "<I4", spec.product or 1 }, { 0x1050, "<I4", 0 }, { 0xfb0, "c1", "\0" } }
  for i = 1, 4 do fields[#fields + 1] = { 0x40 + 8 * (i - 1), "<i8", spec.bugcheck[i + 1] } end
  return fields
end

local function header(m, kind, size, more)
  local wide <const> = m.bits == 64
  local fields <const> = wide and header64(m, kind, size) or header32(m, kind, size)
  for _, field in ipairs(more or {}) do fields[#fields + 1] = field end
  local length <const> = wide and 0x2000 or 0x1000
  local bytes = ("PAGE"):rep(length // 4)
  for _, field in ipairs(fields) do
    local text <const> = field[2]:pack(field[3])
    bytes = bytes:sub(1, field[1]) .. text .. bytes:sub(field[1] + #text + 1)
  end
  return bytes
end

-- The frames that a container holds, without those that a test wants missing.
local function frames_of(m, options)
  local missing <const> = options.missing or {}
  local list <const> = {}
  for _, frame in ipairs(m.memory:used()) do
    if not missing[frame] then list[#list + 1] = frame end
  end
  return list
end

-- Runs of frames that lie together: { first, count }.
local function runs_of(frames)
  local runs <const> = {}
  for _, frame in ipairs(frames) do
    local last <const> = runs[#runs]
    if last and last[1] + last[2] == frame then
      last[2] = last[2] + 1
    else
      runs[#runs + 1] = { frame, 1 }
    end
  end
  return runs
end

local function write_pages(file, m, frames)
  local parts <const> = {}
  for i, frame in ipairs(frames) do parts[i] = m.memory:page(frame) end
  file:write(table.concat(parts))
end

-- Whole runs, holes between what is used left as holes of the file.
local function write_runs(file, m, runs, missing)
  local at = file:seek()
  for _, run in ipairs(runs) do
    for frame = run[1], run[1] + run[2] - 1 do
      if m.memory.pages[frame] and not (missing or {})[frame] then
        file:seek("set", at + (frame - run[1]) * PAGE)
        file:write(m.memory:page(frame))
      end
    end
    at = at + run[2] * PAGE
  end
  file:seek("set", at - 1)
  local last <const> = runs[#runs]
  file:write(m.memory:page(last[1] + last[2] - 1):sub(-1))
end

-- The machine's runs, cut where frames are to be missing.
local function memory_runs(m, options)
  local missing <const> = options.missing
  if not missing or not next(missing) then return m.memory.runs end
  local runs <const> = {}
  for _, run in ipairs(m.memory.runs) do
    local first = run[1]
    local gaps <const> = {}
    for frame in pairs(missing) do
      if frame >= run[1] and frame < run[1] + run[2] then gaps[#gaps + 1] = frame end
    end
    table.sort(gaps)
    gaps[#gaps + 1] = run[1] + run[2]
    for _, gap in ipairs(gaps) do
      if gap > first then runs[#runs + 1] = { first, gap - first } end
      first = gap + 1
    end
  end
  return runs
end

local function sum(runs)
  local total = 0
  for _, run in ipairs(runs) do total = total + run[2] end
  return total
end

--- A full dump: every page of the runs, back to back.
function containers.full(m, file, options)
  local runs <const> = memory_runs(m, options)
  local wide <const> = m.bits == 64
  local pages <const> = sum(runs)
  local text <const> = {}
  for i, run in ipairs(runs) do text[i] = (wide and "<i8i8" or "<I4I4"):pack(run[1], run[2]) end
  local list <const> = wide and ("<I4I4i8"):pack(#runs, 0, pages) or ("<I4I4"):pack(#runs, pages)
  local block <const> = list .. table.concat(text)
  local size <const> = (wide and 0x2000 or 0x1000) + pages * PAGE
  file:write(header(m, 1, size, { { wide and 0x88 or 0x64, "c" .. #block, block } }))
  write_runs(file, m, runs, options.missing)
end

-- Bits of the frames, the lowest first.
local function bitmap(frames, bits)
  local bytes <const> = {}
  for i = 1, (bits + 7) // 8 do bytes[i] = 0 end
  for _, frame in ipairs(frames) do bytes[frame // 8 + 1] = bytes[frame // 8 + 1] | 1 << frame % 8 end
  local parts <const> = {}
  for first = 1, #bytes, 4096 do
    parts[#parts + 1] = string.char(table.unpack(bytes, first, math.min(first + 4095, #bytes)))
  end
  return table.concat(parts)
end

local function bit_count(m, frames)
  return m.spec.bits or frames[#frames] + 1
end

--- A kernel dump of old builds: type 2.
function containers.summary(m, file, options)
  local wide <const> = m.bits == 64
  local frames <const> = frames_of(m, options)
  local bits <const> = bit_count(m, frames)
  local begin <const> = wide and 0x2000 or 0x1000
  local text <const> = bitmap(frames, bits)
  local first <const> = (begin + (wide and 0x28 or 0x20) + #text + PAGE - 1) // PAGE * PAGE
  file:write(header(m, 2, first + #frames * PAGE))
  file:write(("<c8I4I4I4I4I4"):pack("SDMPDUMP", 1, first, bits, #frames, bits))
  file:write(wide and ("<I4i8"):pack(0, 0) or ("<I4"):pack(0), text)
  file:write(("\0"):rep(first - file:seek()))
  write_pages(file, m, frames)
end

-- A bitmap dump that says that it has every frame up to options.every; those that hold nothing are holes.
local function dense_dump(m, file, options, kind)
  local bits <const> = options.every
  local first <const> = (0x2038 + bits // 8 + PAGE - 1) // PAGE * PAGE
  file:write(header(m, kind, first + bits * PAGE))
  file:write(structure(0x38, { { 0, "c8", "FDMPDUMP" }, { 8, "<I4", 1 }, { 0x20, "<i8", first },
    { 0x28, "<i8", bits }, { 0x30, "<i8", bits } }), ("\xff"):rep(bits // 8))
  for _, frame in ipairs(m.memory:used()) do
    file:seek("set", first + frame * PAGE)
    file:write(m.memory:page(frame))
  end
  file:seek("set", first + bits * PAGE - 1)
  file:write("\0")
end

local function bitmap_dump(m, file, options, kind, mark)
  if options.every then return dense_dump(m, file, options, kind) end
  local begin <const> = m.bits == 64 and 0x2000 or 0x1000
  local frames <const> = frames_of(m, options)
  local bits <const> = bit_count(m, frames)
  local text <const> = bitmap(frames, bits)
  local first = begin + 0x38 + #text
  if not options.unaligned then first = (first + PAGE - 1) // PAGE * PAGE end
  file:write(header(m, kind, first + #frames * PAGE))
  file:write(structure(0x38, { { 0, "c8", mark .. "DUMP" }, { 8, "<I4", 1 }, { 0x20, "<i8", first },
    { 0x28, "<i8", #frames }, { 0x30, "<i8", bits } }), text)
  file:write(("\0"):rep(first - file:seek()))
  write_pages(file, m, frames)
end

--- Bitmap dumps: complete, kernel, automatic.
function containers.bitmap5(m, file, options) bitmap_dump(m, file, options, 5, "FDMP") end
function containers.bitmap6(m, file, options) bitmap_dump(m, file, options, 6, "SDMP") end
function containers.bitmap7(m, file, options) bitmap_dump(m, file, options, 7, "SDMP") end

local function ranges_dump(m, file, options, kind)
  local frames <const> = frames_of(m, options)
  local runs <const> = runs_of(frames)
  local text <const> = {}
  for i, run in ipairs(runs) do text[i] = ("<i8i8"):pack(run[1], run[2]) end
  if kind ~= 10 then text[#text + 1] = ("<i8i8"):pack(0, 0) end
  local list <const> = table.concat(text)
  local first = 0x2030 + #list
  if not options.unaligned then first = (first + PAGE - 1) // PAGE * PAGE end
  local metadata <const> = first - 0x2040 + 0x20
  file:write(header(m, kind, first + #frames * PAGE))
  file:write(("<I4c8I4i8i8"):pack(0x40, "RDMPDUMP", 0, metadata, first))
  file:write(kind == 10 and ("<I4I2I2i8"):pack(#runs, 0, 0, #frames) or ("<i8i8"):pack(0, 0), list)
  file:write(("\0"):rep(first - file:seek()))
  write_pages(file, m, frames)
end

--- Dumps of newer debuggers: kernel, kernel and user, complete.
function containers.ranges8(m, file, options) ranges_dump(m, file, options, 8) end
function containers.ranges9(m, file, options) ranges_dump(m, file, options, 9) end
function containers.rangesA(m, file, options) ranges_dump(m, file, options, 10) end

--- Memory as it lies: address is offset.
function containers.raw(m, file, options)
  for _, frame in ipairs(frames_of(m, options)) do
    file:seek("set", frame * PAGE)
    file:write(m.memory:page(frame))
  end
  local runs <const> = m.memory.runs
  file:seek("set", (runs[#runs][1] + runs[#runs][2]) * PAGE - 1)
  file:write("\0")
end

--- LiME: a header before each range.
function containers.lime(m, file, options)
  for _, run in ipairs(memory_runs(m, options)) do
    file:write(("<I4I4i8i8i8"):pack(0x4C694D45, 1, run[1] * PAGE, (run[1] + run[2]) * PAGE - 1, 0))
    write_runs(file, m, { run }, options.missing)
  end
end

-- What QEMU says of a processor.
local function qemu_note(m)
  local registers <const> = { { 0, "<I4", 1 }, { 4, "<I4", 440 } }
  local controls <const> = 8 + 18 * 8 + 10 * 24
  registers[#registers + 1] = { controls, "<i8", 0x80050033 }
  registers[#registers + 1] = { controls + 24, "<i8", m.space.root << 12 }
  registers[#registers + 1] = { controls + 32, "<i8", m.space.name == "la57" and 0x1020
    or m.bits == 64 and 0x20 or 0x30 }
  local state <const> = structure(440, registers)
  return ("<I4I4I4c8"):pack(5, #state, 0, "QEMU\0\0\0\0") .. state
end

--- An ELF core as QEMU writes it: notes, then the ranges of memory, and one of video memory between.
function containers.elf(m, file, options)
  local runs <const> = memory_runs(m, options)
  local last <const> = runs[#runs]
  local wide <const> = m.bits == 64 or last[1] + last[2] > 1 << 20
  local kinds <const> = { x86 = 3, pae = 3, x64 = 62, la57 = 62, arm64 = 183 }
  local note <const> = m.space.name == "arm64" and "" or qemu_note(m):rep(m.spec.processors)
  local video <const> = { 0xfd000000 // PAGE, 2 }
  local all <const> = { table.unpack(runs) }
  all[#all + 1] = video
  local head <const>, each <const> = wide and 64 or 52, wide and 56 or 32
  local at = head + each * (#all + 1)
  local note_at <const> = at
  at = (at + #note + PAGE - 1) // PAGE * PAGE
  local parts <const> = {}
  local function segment(kind, offset, address, size)
    parts[#parts + 1] = wide and ("<I4I4i8i8i8i8i8i8"):pack(kind, 0, offset, 0, address, size, size, 0)
      or ("<I4I4I4I4I4I4I4I4"):pack(kind, offset, 0, address, size, size, 0, 0)
  end
  segment(4, note_at, 0, #note)
  local places <const> = {}
  for i, run in ipairs(all) do
    places[i] = at
    segment(1, at, run[1] * PAGE, run[2] * PAGE)
    at = at + run[2] * PAGE
  end
  local ident <const> = "\127ELF" .. (wide and "\2" or "\1") .. "\1\1" .. ("\0"):rep(9)
  file:write(ident, wide
    and ("<I2I2I4i8i8i8I4I2I2I2I2I2I2"):pack(4, kinds[m.space.name], 1, 0, head, 0, 0, head, each,
      #all + 1, 0, 0, 0)
    or ("<I2I2I4I4I4I4I4I2I2I2I2I2I2"):pack(4, kinds[m.space.name], 1, 0, head, 0, 0, head, each, #all + 1,
      0, 0, 0))
  file:write(table.concat(parts), note)
  for i, run in ipairs(all) do
    file:seek("set", places[i])
    write_runs(file, m, { run }, options.missing)
  end
end

local function vmware_tag(name, indexes, data)
  local flags <const> = #data | #indexes << 6
  return ("<I1s1"):pack(flags, name) .. string.pack(("<I4"):rep(#indexes), table.unpack(indexes)) .. data
end

--- VMware: pages in .vmem, where they belong in .vmss beside it.
function containers.vmware(m, file, options)
  local runs <const> = memory_runs(m, options)
  write_runs(file, m, runs, options.missing)
  local tags <const> = { vmware_tag("regionsCount", {}, ("<I4"):pack(#runs)) }
  local page = 0
  for i, run in ipairs(runs) do
    tags[#tags + 1] = vmware_tag("regionPPN", { i - 1 }, ("<I4"):pack(run[1]))
    tags[#tags + 1] = vmware_tag("regionPageNum", { i - 1 }, ("<I4"):pack(page))
    tags[#tags + 1] = vmware_tag("regionSize", { i - 1 }, ("<I4"):pack(run[2]))
    page = page + run[2]
  end
  local body <const> = table.concat(tags) .. "\0\0"
  local groups <const> = 12 + 2 * 0x50
  local state <close> = assert(io.open((options.path:gsub("%.vmem$", ".vmss")), "wb"))
  state:write(("<I4I4I4"):pack(0xbed2bed2, 8, 2))
  state:write(("<c64i8i8"):pack("Checkpoint", groups, 0), ("<c64i8i8"):pack("memory", groups, #body), body)
end

-- --- triage -----------------------------------------------------------------------------------

local function utf16(text) return (text:gsub(".", "%0\0")) end

local function triage_drivers(m, string_base)
  local wide <const> = m.bits == 64
  local entries <const>, pool = {}, {}
  local at = string_base
  for _, item in ipairs(m.modules) do
    local text = ("<I4"):pack(#item.name) .. utf16(item.name) .. "\0\0"
    text = text .. ("\0"):rep(-#text % 8)
    pool[#pool + 1] = text
    local p <const> = wide and "<i8" or "<I4"
    local base <const> = wide and item.base or item.base & 0xffffffff
    local fields <const> = wide and { { 0, "<I4", at }, { 0x38, p, base }, { 0x40, p, base + item.entry },
      { 0x48, "<I4", item.size }, { 0x80, "<I4", item.checksum }, { 0x88, "<I4", item.timestamp } }
    or { { 0, "<I4", at }, { 0x1c, p, base }, { 0x20, p, base + item.entry }, { 0x24, "<I4", item.size },
      { 0x44, "<I4", item.checksum }, { 0x48, "<I4", item.timestamp } }
    entries[#entries + 1] = structure(wide and 0x90 or 0x4c, fields)
    at = at + #text
  end
  return table.concat(entries), table.concat(pool)
end

local function triage_unloaded(m)
  local wide <const> = m.bits == 64
  local list <const> = m.spec.unloaded or {}
  local parts <const> = { wide and ("<i8"):pack(#list) or ("<I4"):pack(#list) }
  for _, item in ipairs(list) do
    local name <const> = utf16(item.name:sub(1, 12))
    local p <const> = wide and "<i8" or "<I4"
    local base <const> = wide and item.base or item.base & 0xffffffff
    parts[#parts + 1] = structure(wide and 0x38 or 0x28, { { 0, "<I2", #name }, { 2, "<I2", 24 },
      { wide and 0x10 or 8, "c" .. #name, name }, { wide and 0x28 or 0x20, p, base },
      { wide and 0x30 or 0x24, p, base + item.size } })
  end
  return table.concat(parts)
end

local function triage_totals(m)
  local totals <const> = m.spec.totals
  local wide <const> = m.bits == 64
  local p <const> = wide and "<i8" or "<I4"
  local size <const> = wide and 0x50 or 0x34
  local fields <const> = { { 0, "<I4", 1 }, { 4, "<I4", size } }
  for i, value in ipairs { totals.nonpaged_limit or 0, totals.nonpaged_pages, totals.paged_limit or 0,
    totals.paged_pages, totals.committed, totals.peak or 0, totals.commit_limit } do
    fields[#fields + 1] = { 24 + (i - 1) * (wide and 8 or 4), p, value }
  end
  return structure(size, fields)
end

--- A minidump of the kernel: lists of drivers, totals, a few pieces of virtual memory.
function containers.triage(m, file)
  local wide <const> = m.bits == 64
  local begin <const> = wide and 0x2000 or 0x1000
  local parts <const>, places <const> = {}, {}
  local at = begin + (wide and 0x80 or 0x68)
  local function place(name, text)
    local pad <const> = -at % 8
    parts[#parts + 1] = ("\0"):rep(pad) .. text
    places[name] = at + pad
    at = at + pad + #text
  end
  place("totals", triage_totals(m))
  place("unloaded", triage_unloaded(m))
  place("debugger", m.debugger_block)
  local entry_size <const> = (wide and 0x90 or 0x4c) * #m.modules
  local drivers_at <const> = at + -at % 8
  local pool_at <const> = drivers_at + entry_size + -(drivers_at + entry_size) % 8
  local drivers, pool = triage_drivers(m, pool_at)
  place("drivers", drivers)
  place("pool", pool)
  local piece <const> = m.memory:page(m.space.frame_of[m:symbol("PsLoadedModuleList") >> 12])
  place("page", piece)
  local blocks <const> = (wide and "<i8I4I4" or "<I4I4I4"):pack(
    wide and m:symbol("PsLoadedModuleList") & ~0xfff or m:symbol("PsLoadedModuleList") & 0xfffff000,
      places.page, PAGE)
  place("blocks", blocks)
  local size <const> = at + 4
  local fields <const> = { { 0, "<I4", m.spec.service_pack or 0 }, { 4, "<I4", size }, { 8, "<I4", size - 4 },
    { 0x14, "<I4", places.totals }, { 0x18, "<I4", places.unloaded }, { 0x30, "<I4", places.drivers },
    { 0x34, "<I4", #m.modules }, { 0x38, "<I4", places.pool }, { 0x3c, "<I4", #pool }, { 0x44, "<I4",
      0xffffffff },
    { wide and 0x70 or 0x58, "<I4", places.debugger }, { wide and 0x74 or 0x5c, "<I4", #m.debugger_block },
    { wide and 0x78 or 0x60, "<I4", places.blocks }, { wide and 0x7c or 0x64, "<I4", 1 } }
  file:write(header(m, 4, size, { { wide and 0x1038 or 0xf8c, "<I4", 0xdff } }))
  file:write(structure(wide and 0x80 or 0x68, fields), table.concat(parts), "TRGD")
end

-- Those that are made while the kernel runs, when its debugger's block is hidden.
local live <const> = { raw = true, lime = true, elf = true, vmware = true }

--- Write one.
-- @tparam Machine m
-- @tparam string kind a function's name here
-- @tparam string path
-- @tparam[opt] table options `missing` (set of frames), `unaligned`, `every` (of a 64-bit bitmap dump: how
-- many
-- frames it says it has, a multiple of 8)
function containers.write(m, kind, path, options)
  options = options or {}
  local given <const> = { path = path }
  for name, value in pairs(options) do given[name] = value end
  m:hide_debugger_block(live[kind])
  os.remove(path) -- a file that is cut to nothing and written anew is flushed to disk at once
  local file <close> = assert(io.open(path, "wb"))
  containers[kind](m, file, given)
end

return containers
