--- Sources: from what the user named to files, each with its kind by content.
-- @module poolsleuth.sources
local glob = require "poolsleuth.glob"
local lfs  = require "lfs"

local sources = {}

local DEEPEST <const>, MOST_FILES <const> = 32, 200000

--- What to do with a source that no reader takes, by kind.
sources.advice = {
  empty       = "the file is empty",
  hole        = "the file is sparse and its first 64 KiB hold nothing",
  dump        = "a Windows crash dump: log !vm and !poolused 2 in WinDbg to a text file and give that",
  minidump    = "a user-mode minidump has no kernel pool: collect a kernel dump instead",
  elf         = "an ELF file: a memory image of a virtual machine, or a program; not read",
  lime        = "a LiME memory image: not read",
  hibernation = "a hibernation file: convert it to a raw image or a crash dump first",
  etl         = "an ETW trace: export its pool table with xperf or WPA, or give poolmon logs",
  blg         = "a binary counter log: convert it with  relog FILE -f csv -o FILE.csv",
  evtx        = "an event log: export events 2019 and 2020 of source srv with  wevtutil",
  hive        = "a registry hive: not read",
  sqlite      = "an SQLite file: not a pool history that this version reads",
  zip         = "a zip archive: list it with  unzip -l  and unpack it first",
  cab         = "a cabinet: list it with  cabextract -l  and unpack it first",
  ["7z"]      = "a 7z archive: list it with  7z l  and unpack it first",
  gzip        = "gzip data: unpack it with  gunzip  first",
  xz          = "xz data: unpack it with  unxz  first",
  vhd         = "a virtual disk: mount it and give the files inside",
  unknown     = "binary data of no known kind",
}

local function join(folder, name)
  return folder:sub(-1) == "/" and folder .. name or folder .. "/" .. name
end

local function sorted_entries(folder)
  local names = {}
  local ok, iterate, state = pcall(lfs.dir, folder)
  if not ok then return nil, (tostring(iterate):gsub("^.-: ", "")) end
  for name in iterate, state do
    if name ~= "." and name ~= ".." then names[#names + 1] = name end
  end
  table.sort(names)
  return names
end

-- Depth-first through a folder; symbolic links to folders are not followed, so that loops end.
local function walk(folder, depth, files, problems)
  if depth > DEEPEST then
    problems[#problems + 1] = { path = folder, message = "folders nest too deeply: not searched further" }
    return
  end
  local names, message = sorted_entries(folder)
  if not names then
    problems[#problems + 1] = { path = folder, message = message }
    return
  end
  for _, name in ipairs(names) do
    if #files >= MOST_FILES then return end
    local path = join(folder, name)
    local mode = lfs.symlinkattributes(path, "mode")
    local is_link = mode == "link"
    if is_link then mode = lfs.attributes(path, "mode") end
    if mode == "file" then
      files[#files + 1] = path
    elseif mode == "directory" and not is_link then
      walk(path, depth + 1, files, problems)
    elseif mode == nil then
      problems[#problems + 1] = { path = path, message = "cannot be reached (a dangling link?)" }
    end
  end
end

local function expand_glob(path, files)
  local folder, name_glob = path:match "^(.*/)([^/]*)$"
  local pattern = glob.compile(name_glob or path)
  for _, name in ipairs(sorted_entries(folder or ".") or {}) do
    if pattern:matches(name) then
      local found = (folder or "") .. name
      if lfs.attributes(found, "mode") == "file" then files[#files + 1] = found end
    end
  end
end

--- The files that a name stands for: itself, those below a folder, those that a glob matches.
-- @tparam string path "-" is standard input
-- @treturn[1] {string,...} sorted within each folder
-- @treturn[1] {table,...} problems, each `path` and `message`
-- @treturn[2] nil
-- @treturn[2] string why there is nothing
-- @treturn[2] table `code` "missing" or "io"
function sources.expand(path)
  local files, problems = {}, {}
  if path == "-" then return { "-" }, problems end
  local mode, message = lfs.attributes(path, "mode")
  if mode == "directory" then
    walk(path, 1, files, problems)
    if #files >= MOST_FILES then
      local message_cut = ("only the first %d files are read"):format(MOST_FILES)
      problems[#problems + 1] = { path = path, message = message_cut }
    end
    return files, problems
  end
  if mode then return { path }, problems end
  if path:find "[*?]" then
    expand_glob(path, files)
    if #files > 0 then return files, problems end
    return nil, path .. ": no file matches", { code = "missing" }
  end
  local missing = message and message:find "No such file" or message and message:find "Not a directory"
  return nil, path .. ": " .. (missing and "no such file or folder" or tostring(message):gsub("^.-: ", "")),
    { code = missing and "missing" or "io" }
end

--- The last part of a path, with either kind of slash.
-- @tparam string path
-- @treturn string
function sources.basename(path)
  return path:match "([^/\\]*)$"
end

return sources
