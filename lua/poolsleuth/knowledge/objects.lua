-- objects.lua - tags of kernel object types.  The object manager makes such a tag from the first four
-- letters of the type's name and sets bit 31.  Growth means that handles or references pile up.
--   object   what one of them is, in the plural
--   cause    what usually makes them grow, most likely first: "user-handles" or "kernel-references"
--   text     the usual cause in a sentence
--   many     so many of them are worth a look, where that is other than for most types
--   collect  what to gather next: { text, command, undo }; kd marks a command for the kernel debugger

local by_type = "ReactOS source, ObCreateObjectType; Windows Internals, object types"

local handles_per_process = {
  text = "list the processes with the most handles, twice, an hour apart: the one that grows holds them",
  command = "powershell \"Get-Process | Sort-Object HandleCount -Descending | Select-Object -First 15 "
    .. "Name,Id,HandleCount\"",
}
local handle_counter = {
  text = "log the handle count of every process for a day",
  command = "typeperf \"\\Process(*)\\Handle Count\" -si 300 -sc 288 -f CSV -o handles.csv",
}
local function reference_trace(tag)
  return {
    text = "where no process holds the handles: trace who references these objects, for processes that start "
      .. "from now on; !obtrace shows the stacks",
    command = "gflags /ko /t " .. tag, undo = "gflags /ko /d",
  }
end

local function handles_of(type)
  return {
    text = "count the open handles of this type in each process (Sysinternals handle)",
    command = ("handle.exe -a | findstr /r /c:\" %s \""):format(type),
  }
end

local function in_debugger(tag, type)
  return {
    { text = "find some of the objects in the pool", command = "!poolfind " .. tag .. " 0", kd = true },
    { text = "see which handles of this type the process has", kd = true,
      command = "!handle 0 3 0 " .. type },
  }
end

local function collect(tag, type, more)
  local steps = { handles_per_process, handles_of(type), handle_counter }
  for _, step in ipairs(in_debugger(tag, type)) do steps[#steps + 1] = step end
  for _, step in ipairs(more or {}) do steps[#steps + 1] = step end
  return steps
end

return {
  {
    tag = "Even", type = "Event", object = "event objects", cause = "user-handles",
    text = "event objects usually grow because a program or service leaks handles to them in user mode; the "
      .. "driver list is the second place to look",
    collect = collect("Even", "Event"), source = by_type .. "; dumpanalysis.org, handle leak",
    confidence = "high",
  },
  {
    tag = "Sema", type = "Semaphore", object = "semaphores", cause = "user-handles",
    text = "semaphores usually grow because a program leaks handles to them in user mode",
    collect = collect("Sema", "Semaphore"), source = by_type, confidence = "high",
  },
  {
    tag = "Muta", type = "Mutant", object = "mutexes", cause = "user-handles",
    text = "mutexes usually grow because a program leaks handles to them in user mode",
    collect = collect("Muta", "Mutant"), source = by_type, confidence = "high",
  },
  {
    tag = "Time", type = "Timer", object = "waitable timers", cause = "user-handles",
    text = "timers usually grow because a program leaks handles to them in user mode",
    collect = collect("Time", "Timer"), source = by_type, confidence = "high",
  },
  {
    tag = "IoCo", type = "IoCompletion", object = "I/O completion ports", cause = "user-handles",
    text = "completion ports usually grow because a program leaks handles to them in user mode",
    collect = collect("IoCo", "IoCompletion"), source = by_type, confidence = "high",
  },
  {
    tag = "TpWo", type = "TpWorkerFactory", object = "thread pools", cause = "user-handles",
    text = "thread pools usually grow because a program makes them and never closes them",
    collect = collect("TpWo", "TpWorkerFactory"), source = by_type, confidence = "medium",
  },
  {
    tag = "Sect", type = "Section", object = "sections (file mappings, shared memory)",
    cause = "user-handles",
    text = "sections grow when a program leaks handles to file mappings, or when a driver keeps sections "
      .. "open",
    collect = collect("Sect", "Section"), source = by_type, confidence = "high",
  },
  {
    tag = "File", type = "File", object = "file objects (files, sockets, pipes, devices)",
    cause = "user-handles", many = 1000000, -- the cache keeps those of files that are closed
    text = "file objects grow with leaked handles in a program, or when a filter driver keeps references to "
      .. "files that are closed",
    collect = collect("File", "File", {
      { text = "list the minifilters: one that keeps references stands above the file system",
        command = "fltmc filters" },
    }),
    source = by_type .. "; microsoft/WSL#40804", confidence = "high",
  },
  {
    tag = "Key ", type = "Key", object = "open registry keys", cause = "user-handles",
    text = "registry keys usually grow because a service opens keys and does not close them",
    collect = collect("Key ", "Key"), source = by_type .. "; microsoft/WSL#9851", confidence = "high",
  },
  {
    tag = "Toke", type = "Token", object = "access tokens", cause = "user-handles",
    text = "tokens grow when a service keeps the tokens of logons, when logon sessions are never closed, or "
      .. "when a driver references them and does not let go",
    collect = collect("Toke", "Token", {
      { text = "count the logon sessions (Sysinternals logonsessions)", command = "logonsessions.exe -p" },
      reference_trace("Toke"),
    }),
    source = by_type .. "; Ask the Directory Services Team on tokens and sessions", confidence = "high",
  },
  {
    tag = "Proc", type = "Process", object = "process objects", cause = "kernel-references",
    text = "more process objects than processes means that ended processes are kept, by handles in a program "
      .. "or by references of a driver",
    collect = collect("Proc", "Process", {
      { text = "count the processes that live, to compare with Diff",
        command = "powershell \"(Get-Process).Count\"" },
      { text = "list ended processes that are still there (handles 0, no threads)", kd = true,
        command = "!process 0 0" },
      reference_trace("Proc"),
    }),
    source = by_type .. "; microsoft/Windows-Dev-Performance#65", confidence = "high",
  },
  {
    tag = "Thre", type = "Thread", object = "thread objects", cause = "user-handles",
    text = "more thread objects than threads means that ended threads are kept, by handles in a program or "
      .. "by "
      .. "references of a driver",
    collect = collect("Thre", "Thread", {
      { text = "count the threads that live, to compare with Diff",
        command = "powershell \"(Get-Process | ForEach-Object { $_.Threads.Count } | Measure-Object "
          .. "-Sum).Sum\"" },
      reference_trace("Thre"),
    }),
    source = by_type .. "; winsiderss/systeminformer#913", confidence = "high",
  },
  {
    tag = "ALPC", type = "ALPC Port", object = "local procedure call ports", cause = "user-handles",
    text = "ports grow with clients that connect and do not disconnect, or with a server that does not read",
    collect = collect("ALPC", "ALPC"), source = by_type, confidence = "medium",
  },
  {
    tag = "Job ", type = "Job", object = "job objects", cause = "user-handles",
    text = "jobs grow when a program or a container manager makes them and does not close them",
    collect = collect("Job ", "Job"), source = by_type, confidence = "medium",
  },
  {
    tag = "Desk", type = "Desktop", object = "desktops", cause = "user-handles",
    text = "desktops grow when a service opens sessions or desktops and does not close them",
    collect = collect("Desk", "Desktop"), source = by_type, confidence = "medium",
  },
  {
    tag = "Wind", type = "WindowStation", object = "window stations", cause = "user-handles",
    text = "window stations grow when services or logon sessions are not closed",
    collect = collect("Wind", "WindowStation"), source = by_type, confidence = "medium",
  },
  {
    tag = "Dire", type = "Directory", object = "object directories", cause = "user-handles",
    text = "directories of the object name space grow with sandboxes and sessions that are not cleaned up",
    collect = collect("Dire", "Directory"), source = by_type, confidence = "medium",
  },
  {
    tag = "Symb", type = "SymbolicLink", object = "symbolic links of the object name space",
    cause = "user-handles", text = "links grow with drive mappings and devices that are not cleaned up",
    collect = collect("Symb", "SymbolicLink"), source = by_type, confidence = "medium",
  },
  {
    tag = "EtwR", type = "EtwRegistration", object = "event provider registrations", cause = "user-handles",
    text = "registrations grow when a program or a driver registers providers and does not unregister them",
    collect = collect("EtwR", "EtwRegistration"), source = by_type, confidence = "medium",
  },
  {
    tag = "Devi", type = "Device", object = "device objects", cause = "kernel-references",
    text = "devices grow when a driver creates them, or keeps them referenced after they are removed",
    collect = in_debugger("Devi", "Device"), source = by_type, confidence = "medium",
  },
  {
    tag = "Driv", type = "Driver", object = "driver objects", cause = "kernel-references",
    text = "drivers grow when something loads and unloads drivers in a loop",
    collect = in_debugger("Driv", "Driver"), source = by_type, confidence = "medium",
  },
}
