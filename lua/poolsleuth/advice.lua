--- Advice: how to get at what is in a source that no reader takes.
-- @module poolsleuth.advice
local format  = require "poolsleuth.format"
local sources = require "poolsleuth.sources"

local advice = {}

local LISTED <const> = 6 -- members of an archive that are named

-- By kind of content; FILE stands for the source's name.
local BY_KIND <const> = {
  empty       = "the file is empty",
  hole        = "the file is sparse and its first 64 KiB hold nothing",
  dump        = "a Windows crash dump that cannot be read",
  minidump    = "a user-mode minidump has no kernel pool: collect a kernel dump instead",
  elf         = "an ELF file that is no memory image",
  lime        = "a LiME memory image that cannot be read",
  text        = "a text: show reads it",
  pe          = "a driver or program: driver shows it",
  hibernation = "a hibernation file: convert it to a raw image or a crash dump first",
  etl         = "an ETW trace: export its pool table with xperf or WPA, or give poolmon logs",
  blg         = "a binary counter log: on Windows,  relog FILE -f csv -o FILE.csv  makes the CSV to give",
  evtx        = "an event log:  evtxexport FILE > FILE.txt  writes it as text, on Windows "
    .. "wevtutil qe FILE /lf:true /f:text > FILE.txt  with each event's words; give the text.  Events 2019 "
    .. "and 2020 of Srv tell when the nonpaged and the paged pool ran out, 2004 who used most memory",
  evt         = "an event log of old Windows:  evtexport FILE > FILE.txt  or the Event Viewer saves it as "
    .. "text; events 2019 and 2020 of Srv tell when the nonpaged and the paged pool ran out",
  hive        = "a registry hive: of a SYSTEM hive,  hivexregedit --export --prefix "
    .. [['HKEY_LOCAL_MACHINE\SYSTEM' FILE 'ControlSet001\Services' > services.reg]]
    .. "  lists the services to give",
  sqlite      = "an SQLite file that is no history of this program",
  history     = "a history: it is a source of its own; say --host NAME where it has several machines",
  zip         = "a zip archive: unpack it with  unzip FILE -d FOLDER  and give the folder",
  cab         = "a cabinet: unpack it with  cabextract -d FOLDER FILE  and give the folder",
  ["7z"]      = "a 7z archive: list it with  7z l FILE  , unpack it with  7z x -oFOLDER FILE",
  rar         = "a RAR archive: list it with  7z l FILE  , unpack it with  7z x -oFOLDER FILE",
  tar         = "a tar archive: list it with  tar tf FILE  , unpack it with  tar xf FILE -C FOLDER",
  gzip        = "gzip data: unpack it with  gunzip -k FILE  (a .tar.gz with  tar xzf FILE -C FOLDER )",
  bzip2       = "bzip2 data: unpack it with  bunzip2 -k FILE",
  xz          = "xz data: unpack it with  unxz -k FILE",
  zstd        = "zstd data: unpack it with  unzstd -k FILE",
  wim         = "a Windows image: unpack it with  7z x -oFOLDER FILE  and give Windows/System32/drivers",
  ole         = "an OLE file: of a .msi,  msiextract FILE  gives the drivers inside; save a .doc or .xls as "
    .. "text",
  office      = "a document: save it as plain text, a table as tab-separated text, and give that; or copy "
    .. "the table and paste it to  poolsleuth show -",
  pdf         = "a PDF:  pdftotext -layout FILE  gives its text",
  picture     = "a picture: its numbers must be typed or read by OCR;  poolmon -n FILE.log  on the server "
    .. "writes them as text",
  vhd         = "a virtual disk: mount it and give the files inside",
  disk        = "an image of a disk: mount it and give Windows/System32/drivers",
  unknown     = "binary data of no known kind",
}

-- ": 14 files: a.log, drivers/b.sys … and 12 more"; why they cannot be listed, where that is so.
local function members_of(path)
  local archive, message = require("poolsleuth.system").archive(path)
  if not archive then return message end
  local names = {}
  for i = 1, math.min(LISTED, #archive.members) do names[i] = archive.members[i].name end
  if archive.total == 0 then return "it is empty" end
  local more = archive.total - #names
  return ("%s: %s%s"):format(format.counted(archive.total, "file"), table.concat(names, ", "),
    more > 0 and (" and %d more"):format(more) or "")
end

local function quoted(name)
  if not name:find "[^%w._-]" then return name end
  return "'" .. name:gsub("'", [['\'']]) .. "'"
end

--- What to do with one source that no reader takes, in a line.
-- @tparam string path
-- @tparam string kind of system.probe
-- @treturn string
function advice.on(path, kind)
  local text = BY_KIND[kind] or "not read"
  local name = quoted(sources.basename(path)):gsub("%%", "%%%%")
  text = text:gsub("FILE", name)
  if kind ~= "zip" and kind ~= "cab" then return text end
  return ("%s; %s"):format(text, members_of(path))
end

return advice
