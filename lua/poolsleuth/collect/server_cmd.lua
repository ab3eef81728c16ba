--- What `collect` prints as a .cmd for the server: each step says what its lines are for.
-- @NAME@ stands for a setting; a step with `only` is there in one kind of schedule.  A step's words go
-- into the script as its comment, so they keep to characters that cmd.exe does not read after rem.
return {
  comment = "rem ",
  first   = "@echo off",
  name    = "collect.cmd",

  -- --- what it is, and what may be changed ------------------------------------------------------

  { why = [[
Gathers evidence of a kernel pool leak on this server, for poolsleuth.  Run it in an elevated prompt.
"collect.cmd" does everything, "collect.cmd snapshot" takes one snapshot more, "collect.cmd undo" tells
what to delete.  Nothing is installed.]] },

  { why = "Variables stay inside this script; exclamation marks in names of files mean nothing.", lines = [[
setlocal EnableExtensions DisableDelayedExpansion
]] },

  { why = [[
A program that lies in the current folder is never taken for a command: this runs elevated.  Options that
somebody set for dir do not count.]], lines = [[
set "NoDefaultCurrentDirectoryInExePath=1"
set "DIRCMD="
]] },

  { why = "The path of the folder below is written in UTF-8: the code page changes for that one line.",
    only = "utf8", lines = [[
for /f "tokens=2 delims=:." %%c in ('chcp') do set "codepage=%%c"
chcp 65001 >nul
]] },

  { why = "The folder to write to.", lines = [[
set "folder=@folder@"
]] },

  { why = "Back to the code page that was there before.", only = "utf8", lines = [[
chcp %codepage% >nul
]] },

  { why = "Seconds between snapshots, and how many of them.", lines = [[
set "interval=@interval@"
set "count=@count@"
]] },

  { why = "The name of the scheduled task, and the minutes between its runs.", only = "task", lines = [[
set "task=@task@"
set "minutes=@minutes@"
]] },

  { why = [[
Programs come from Windows itself first; quotes that somebody put into the PATH go.  A 32-bit prompt on
64-bit Windows sees the real System32 by the name Sysnative only.]], lines = [[
set "system=%SystemRoot%\System32"
set "arch=%PROCESSOR_ARCHITECTURE%"
if defined PROCESSOR_ARCHITEW6432 set "system=%SystemRoot%\Sysnative"
if defined PROCESSOR_ARCHITEW6432 set "arch=%PROCESSOR_ARCHITEW6432%"
set "PATH=%system%;%SystemRoot%;%system%\Wbem;%system%\WindowsPowerShell\v1.0;%PATH:"=%"
]] },

  -- --- checks before anything is written --------------------------------------------------------

  { why = "What to undo can be asked at any time; a word that means nothing starts nothing.", lines = [[
set "known="
if "%~1"=="" set "known=yes"
if /i "%~1"=="snapshot" set "known=yes"
if /i "%~1"=="undo" set "known=yes"
if not defined known goto :no_such_word
if /i "%~1"=="undo" goto :undo
]] },

  { why = "The rights of an administrator are needed: fltmc answers to nobody else.", lines = [[
fltmc >nul 2>&1
if errorlevel 1 goto :no_rights
]] },

  { why = "PowerShell is used where it is: it tells the time and counts handles.", lines = [[
set "powershell="
for %%p in (powershell.exe) do set "powershell=%%~$PATH:p"
]] },

  { why = [[
poolmon takes the snapshots.  It is looked for beside this script, in the PATH, in the driver kits and in
the Support Tools; the newest kit wins.]], lines = [[
set "poolmon="
call :find_poolmon
if not defined poolmon goto :no_poolmon
]] },

  { why = "The folder is made where it is missing, and must take a file.", lines = [[
if not exist "%folder%\" md "%folder%" 2>nul
if not exist "%folder%\" goto :no_folder
pushd "%folder%"
if errorlevel 1 goto :no_folder
>write-test.tmp echo test
if not exist write-test.tmp goto :no_folder
del write-test.tmp
]] },

  { why = "One snapshot more, as the scheduled task asks for it, needs no second copy of the drivers.",
    lines = [[
if /i "%~1"=="snapshot" goto :one_more
]] },

  { why = "Free space first: as much as the drivers take, 2 MB a snapshot, and 200 MB that stay free.",
    lines = [[
set "here=%CD%"
set /a "need_kb=0"
pushd "%system%\drivers"
for %%f in (*.sys) do set /a "need_kb+=%%~zf/1024+1"
popd
set /a "need_mb=need_kb/1024+count*2+200"
call :check_space %need_mb%
if defined too_small goto :no_space
]] },

  -- --- what is gathered -------------------------------------------------------------------------

  { why = "The first snapshot comes before the slow work: the server may stop answering.", lines = [[
set "done=1"
call :snapshot
if errorlevel 1 goto :no_snapshot
]] },

  { why = "Which drivers are loaded, from where, and in which state.", lines = [[
echo Listing the drivers ...
driverquery /v /fo csv >"driverquery-%stamp%.csv"
]] },

  { why = "Which file-system filters are there, and on which volumes they sit.", lines = [[
fltmc filters >"fltmc-filters-%stamp%.txt"
fltmc instances >"fltmc-instances-%stamp%.txt"
]] },

  { why = [[
Copies of the drivers: their code tells which tags they allocate with.  First the usual folder, then
every .sys elsewhere that the list above names, in whichever column and language.]], lines = [[
echo Copying the drivers ...
if not exist "drivers\" md "drivers"
pushd "%system%\drivers"
for %%f in (*.sys) do copy /y /b "%%f" "%here%\drivers\" >nul 2>&1
popd
for /f "usebackq delims=" %%l in ("driverquery-%stamp%.csv") do (
  set "listed=%%l"
  call :copy_listed
)
if not exist "drivers\*.sys" echo No driver could be copied: copy "%system%\drivers" by hand.
]] },

  { why = "A snapshot each interval, for as long as there is room.  ping waits where timeout may not.",
    only = "loop", lines = [[
set /a "wait=interval+1"
:next
if %done% GEQ %count% goto :finished
ping -n %wait% 127.0.0.1 >nul
call :check_space 100
if defined too_small goto :no_space
set /a "done+=1"
call :snapshot
if errorlevel 1 echo This snapshot failed; the next one is tried in its time.
goto :next
]] },

  { why = [[
A scheduled task takes the other snapshots, as the system itself, so that nobody must stay logged on.  It is
told how many the folder holds in the end, those of earlier runs too.  A task of the same name is replaced.
The system does not see the network drives of whoever is logged on.]],
    only = "task", lines = [[
set "away="
if "%~d0"=="\\" set "away=%~dp0"
net use "%~d0" >nul 2>&1
if not errorlevel 1 set "away=%~d0"
net use "%folder:~0,2%" >nul 2>&1
if not errorlevel 1 set "away=%folder:~0,2%"
if defined away goto :no_local
set /a "total=count-1"
for %%f in (poolmon-*.log) do set /a "total+=1"
schtasks /delete /tn "%task%" /f >nul 2>&1
schtasks /create /tn "%task%" /tr "'%~f0' snapshot %total%" /sc minute /mo %minutes% /ru SYSTEM
if errorlevel 1 goto :no_task
echo The task "%task%" takes the other snapshots, %count% in all, and then removes itself.
echo Then copy the folder "%folder%" to the analyst and run there:
echo     poolsleuth find-leaking-driver FOLDER
]] },

  { why = "The end: what to do with the folder.", only = "loop", lines = [[
:finished
set "taken=0"
for %%f in (poolmon-*.log) do set /a "taken+=1"
echo %taken% snapshots are in "%folder%".
echo Copy the whole folder to the analyst and run there:
echo     poolsleuth find-leaking-driver FOLDER
]] },

  { why = "How to leave nothing behind.", lines = [[
echo To undo: "%~f0" undo
popd
exit /b 0
]] },

  { why = "One snapshot more, for the scheduled task or by hand.", lines = [[
:one_more
call :check_space 100
if defined too_small goto :no_space
if not "%~2"=="" set "count=%~2"
set "done=1"
for %%f in (poolmon-*.log) do set /a "done+=1"
call :snapshot
if errorlevel 1 goto :no_snapshot
]] },

  { why = "After the last one, which only the task knows, the task is removed.", only = "task", lines = [[
set "last=1000000"
if not "%~2"=="" set "last=%~2"
if %done% GEQ %last% schtasks /delete /tn "%task%" /f
]] },

  { why = "Done with this one.", lines = [[
popd
exit /b 0
]] },

  -- --- undo -------------------------------------------------------------------------------------

  { why = "The task is the one thing outside of the folder.", only = "task", lines = [[
:undo
schtasks /delete /tn "%task%" /f
]] },

  { why = "No task, service or setting was made.", only = "loop", lines = [[
:undo
]] },

  { why = "The folder goes when its copy has arrived; this script is yours to delete.", lines = [[
echo When the evidence is copied, delete the folder:
echo     rd /s /q "%folder%"
exit /b 0
]] },

  -- --- parts ------------------------------------------------------------------------------------

  { why = "Where poolmon may be: later lines win only where earlier ones found nothing.", lines = [[
:find_poolmon
set "kit=%arch%"
if /i "%arch%"=="AMD64" set "kit=x64"
set "ddk=%arch%"
if /i "%arch%"=="x86" set "ddk=i386"
set "kits=%ProgramFiles(x86)%\Windows Kits"
if not exist "%kits%\" set "kits=%ProgramFiles%\Windows Kits"
if exist "%~dp0poolmon.exe" set "poolmon=%~dp0poolmon.exe"
if defined poolmon exit /b 0
for %%p in (poolmon.exe) do set "poolmon=%%~$PATH:p"
if defined poolmon exit /b 0
for %%v in (8.0 8.1 10) do call :try_poolmon "%kits%\%%v\Tools\%kit%"
call :try_each "%kits%\10\Tools" "%kit%"
if defined poolmon exit /b 0
call :try_each "%SystemDrive%\WinDDK" "tools\other\%ddk%"
call :try_poolmon "%ProgramFiles%\Support Tools"
exit /b 0
]] },

  { why = "Look in the second folder of each folder in the first one.", lines = [[
:try_each
if not exist "%~1\" exit /b 0
pushd "%~1"
for /d %%d in (*) do call :try_poolmon "%~1\%%d\%~2"
popd
exit /b 0
]] },

  { why = "Take poolmon from a folder, if it is in it.", lines = [[
:try_poolmon
if exist "%~1\poolmon.exe" set "poolmon=%~1\poolmon.exe"
exit /b 0
]] },

  { why = [[
The time for names of files: UTC, in digits, the same in every language.  DATE and TIME are written as the
country does, and wmic is gone from new Windows, so PowerShell is asked first; wmic gives local time.]],
    lines = [[
:get_stamp
set "stamp="
if defined powershell for /f "delims=" %%t in ('@clock@') do set "stamp=%%tZ"
if "%stamp:~4,1%/%stamp:~7,1%/%stamp:~10,1%/%stamp:~19%"=="-/-/T/Z" exit /b 0
set "stamp="
for /f "tokens=2 delims==" %%t in ('wmic os get LocalDateTime /value 2^>nul') do set "stamp=%%t"
if not defined stamp exit /b 1
set "stamp=%stamp:~0,4%-%stamp:~4,2%-%stamp:~6,2%T%stamp:~8,2%-%stamp:~10,2%-%stamp:~12,2%"
exit /b 0
]] },

  { why = "One snapshot: pool tags first, then memory counters and handle counts of the same minute.",
    lines = [[
:snapshot
call :get_stamp
if not defined stamp exit /b 1
"%poolmon%" -n "poolmon-%stamp%.log"
if not exist "poolmon-%stamp%.log" exit /b 1
call :take_counters
if defined powershell @handles@
echo %stamp%: snapshot %done% of %count%
exit /b 0
]] },

  { why = [[
Memory counters by their numbers in the registry, because their names differ from language to language.
Without PowerShell, on the oldest Windows, by their English names.]], lines = [[
:take_counters
if not defined powershell goto :take_english
@counters@
exit /b 0
:take_english
@english@
exit /b 0
]] },

  { why = [[
Room on the disk of the folder, in MB: the last line of dir tells it in the same place in every language.
Sets too_small where there is less than asked for.]], lines = [[
:check_space
set "too_small="
set "free="
for /f "tokens=3" %%b in ('dir /-c /a 2^>nul') do set "free=%%b"
for /f "delims=0123456789" %%x in ("%free%") do set "free="
if not defined free echo How much room is left could not be told: going on.
if not defined free exit /b 0
set "free_mb=%free:~0,-6%"
if not defined free_mb set "free_mb=0"
if %free_mb% LSS %1 set "too_small=%1"
exit /b 0
]] },

  { why = [[
Of the cells of one line of the list, the paths of drivers.  A line is cells in quotes, so it is set without
quotes of its own.]], lines = [[
:copy_listed
set listed=%listed:\??\=%
for %%p in (%listed%) do if /i "%%~xp"==".sys" call :copy_driver "%%~p"
exit /b 0
]] },

  { why = "Copy one driver from elsewhere, into a folder named as the one that it comes from.", lines = [[
:copy_driver
set "driver=%~1"
if /i "%driver:~0,12%"=="\SystemRoot\" set "driver=%SystemRoot%\%driver:~12%"
if /i "%driver:~0,9%"=="System32\" set "driver=%SystemRoot%\%driver%"
for %%f in ("%driver%") do set "from=%%~dpf"
if /i "%from%"=="%SystemRoot%\System32\drivers\" exit /b 0
set "real=%driver:\System32\=\Sysnative\%"
if not exist "%driver%" if exist "%real%" set "driver=%real%"
if not exist "%driver%" exit /b 0
for %%f in ("%from:~0,-1%") do set "place=drivers\%%~nxf"
if "%place%"=="drivers\" set "place=drivers\root"
if not exist "%place%\" md "%place%"
copy /y /b "%driver%" "%place%\" >nul 2>&1
exit /b 0
]] },

  -- --- what may be wrong ------------------------------------------------------------------------

  { why = "Reasons to stop, each with what to do about it and with an exit code of its own.", lines = [[
:no_such_word
echo There is no "%~1": say nothing, snapshot or undo.
exit /b 87
:no_rights
echo This needs the rights of an administrator: start it from an elevated prompt.
exit /b 5
:no_poolmon
echo poolmon.exe was not found.  It is part of the Windows Driver Kit; the one file is enough.
echo Copy it beside this script, or use the form that needs none of it:
echo     poolsleuth collect --powershell -o collect.ps1
exit /b 2
:no_folder
echo The folder "%folder%" cannot be written to: change the setting at the top of this script.
popd
exit /b 3
:no_space
echo Only %free_mb% MB are free where "%folder%" is, %too_small% MB are needed.
popd
exit /b 112
:no_snapshot
echo No snapshot was taken: either poolmon failed, or the time could not be asked.
popd
exit /b 1
]] },

  { why = "The task could not be made: the loop needs none.", only = "task", lines = [[
:no_task
echo The scheduled task could not be made.  Without --task the script waits by itself.
popd
exit /b 4
:no_local
echo The system, as which a task runs, does not see "%away%": put this script, poolmon.exe and the
echo folder on a local disk.  Without --task the script waits by itself.
popd
exit /b 4
]] },
}
