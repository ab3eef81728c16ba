--- Arguments that several scripts declare alike.
-- A script may use this module while it introduces itself: it holds nothing but data.
-- @module poolsleuth.shared_arguments
local shared = {}

--- Drivers beside the sources, and symbols for dumps among them.
shared.drivers = {
  { name = "drivers", flag = "--drivers", type = "path", many = true, metavar = "DIR",
    about = "a folder of .sys files" },
  { name = "symbols", flag = "--symbols", type = "path", many = true, metavar = "DIR",
    about = "folders with the PDB of a dump's kernel" },
}

--- What was loaded, as another source says it.
shared.loaded = {
  { name = "loaded", flag = "--loaded", type = "path", metavar = "FILE",
    about = "driverquery or lm output: what is loaded" },
}

--- What signatures are held against; see poolsleuth.trust.
shared.trust = {
  { name = "roots", type = "path", flag = "--roots", many = true, metavar = "PEM",
    about = "root certificates that signatures may lead to" },
  { name = "catalogs", type = "path", flag = "--catalogs", many = true, metavar = "DIR",
    about = "security catalogs (.cat) that may list the drivers" },
}

--- How many tags to look into.
shared.top = {
  { name = "top", flag = "--top", type = "integer", default = 5, about = "how many tags to look into" },
}

--- Evidence of every kind, for an investigation.
shared.evidence = {
  { name = "sources", type = "source", many = true, required = true,
    about = "whatever there is: snapshots, listings, dumps, histories, folders of drivers" },
  shared.drivers[1], shared.loaded[1], shared.drivers[2],
}

--- The part of a series that a question is about; see poolsleuth.window.
shared.window = {
  { name = "host", type = "string", flag = "--host", about = "only snapshots of this machine" },
  { name = "since", type = "string", flag = "--since", metavar = "TIME",
    about = "only from then on: a time, yesterday, or 7d (before the newest snapshot)" },
  { name = "before", type = "string", flag = "--until", metavar = "TIME", about = "only up to then" },
}

--- What is known of the machine's limits; see poolsleuth.limits.
shared.limits = {
  { name = "limit", type = "string", flag = "--limit", many = true, metavar = "[POOL=]SIZE",
    about = "how large a pool may get, such as 4GiB or paged=350M" },
  { name = "windows", type = "string", flag = "--windows", metavar = "VERSION",
    about = "of the server, such as '2008 R2', '11' or a build number: for its limits" },
  { name = "bits", type = "integer", flag = "--bits", metavar = "32|64", about = "of its Windows" },
  { name = "ram", type = "bytes", flag = "--ram", about = "its physical memory" },
  { name = "large_user_space", type = "boolean", flag = "--3gb",
    about = "it was started with /3GB or increaseuserva" },
  { name = "registry", type = "string", flag = "--registry", many = true, metavar = "NAME=VALUE",
    about = "PagedPoolSize, NonPagedPoolSize, PagedPoolLimit or NonPagedPoolLimit as they are set" },
}

--- When the snapshots were taken, where they do not say.
shared.times = {
  { name = "interval", type = "duration", flag = "--interval", about = "time between the snapshots" },
  { name = "time", type = "time", flag = "--time", many = true, about = "time of each snapshot, in order" },
}

--- Which rows.
shared.filter = {
  { name = "paged", type = "boolean", flag = "--paged", about = "paged pool only" },
  { name = "nonpaged", type = "boolean", flag = "--nonpaged", about = "nonpaged pool only" },
  { name = "tags", type = "glob", flag = "--tag", many = true, about = "only tags like this" },
  { name = "exclude", type = "glob", flag = "-x", many = true, about = "no tags like this" },
  { name = "match", type = "regex", flag = "--match", about = "only tags that match" },
}

--- A script's own arguments and shared ones, in the order given.
-- @tparam {table,...} own
-- @tparam string|{table,...} ... names of groups ("evidence", "drivers", "loaded", "trust", "top",
--   "window", "limits", "times", "filter"), or more arguments of its own
-- @treturn {table,...}
function shared.with(own, ...)
  local list = table.move(own, 1, #own, 1, {})
  for _, more in ipairs { ... } do
    local group = type(more) == "table" and more or shared[more]
    table.move(group, 1, #group, #list + 1, list)
  end
  return list
end

return shared
