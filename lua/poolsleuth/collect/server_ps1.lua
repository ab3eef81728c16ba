--- What `collect --powershell` prints: the same evidence without poolmon, which it replaces by a call of
-- NtQuerySystemInformation.  See server_cmd.lua for how a step is written.
return {
  comment = "# ",
  name    = "collect.ps1",

  { why = [[
Gathers evidence of a kernel pool leak on this server, for poolsleuth, without poolmon.  Run it in an
elevated prompt (powershell -ExecutionPolicy Bypass -File collect.ps1).  With the word snapshot behind it one
snapshot more is taken; with undo it tells what to delete.  Nothing is installed.]] },

  { why = [[
One word may be given; the task adds how many snapshots there are in the end.  A mistake ends the script
instead of being passed over.]], lines = [[
param([string]$Do = 'everything', [int]$Total = 0)
$ErrorActionPreference = 'Stop'
if ('everything', 'snapshot', 'undo' -notcontains $Do) { throw "there is no '$Do': say snapshot or undo" }
]] },

  { why = "Settings: the folder to write to, seconds between snapshots, and how many of them.", lines = [[
$folder   = [Environment]::ExpandEnvironmentVariables('@folder@')
$interval = @interval@
$count    = @count@
]] },

  { why = "The name of the scheduled task, and the minutes between its runs.", only = "task", lines = [[
$task     = '@task@'
$minutes  = @minutes@
]] },

  { why = "What is used again: this script's path, Latin-1 (a byte for each character), plain digits.",
    lines = [[
$script = $MyInvocation.MyCommand.Path
$latin  = [Text.Encoding]::GetEncoding(28591)
$fixed  = [Globalization.CultureInfo]::InvariantCulture
]] },

  { why = "A 32-bit PowerShell on 64-bit Windows sees the real System32 by the name Sysnative only.",
    lines = [[
$system = Join-Path $env:SystemRoot 'System32'
if ($env:PROCESSOR_ARCHITEW6432) { $system = Join-Path $env:SystemRoot 'Sysnative' }
]] },

  { why = "The task is the one thing outside of the folder; the folder goes when its copy has arrived.",
    only = "task", lines = [[
if ($Do -eq 'undo') { schtasks.exe /delete /tn $task /f }
]] },

  { why = "Undo: say what to delete.", lines = [[
if ($Do -eq 'undo') {
    $named = $folder.Replace("'", "''")
    Write-Host "When the evidence is copied, delete the folder: Remove-Item -Recurse '$named'"
    exit 0
}
]] },

  { why = "The rights of an administrator are needed.", lines = [[
$me = New-Object Security.Principal.WindowsPrincipal ([Security.Principal.WindowsIdentity]::GetCurrent())
if (-not $me.IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)) {
    Write-Host 'This needs the rights of an administrator: start it from an elevated prompt.'
    exit 5
}
]] },

  { why = "The folder is made where it is missing.", lines = [[
if (-not (Test-Path -LiteralPath $folder)) { $null = New-Item -ItemType Directory -Path $folder }
Set-Location -LiteralPath $folder
]] },

  { why = "Room on the disk of the folder, in MB; nothing of a share, which does not tell.", lines = [[
function Get-FreeMB {
    if ($folder -notmatch '^[A-Za-z]:') { return $null }
    $drive = New-Object IO.DriveInfo ($folder.Substring(0, 1))
    [int64]($drive.AvailableFreeSpace / 1MB)
}
]] },

  { why = "Stop where less than that is free.", lines = [[
function Assert-Space([int]$needed) {
    $free = Get-FreeMB
    if ($null -eq $free -or $free -ge $needed) { return }
    Write-Host "Only $free MB are free where $folder is, $needed MB are needed."
    exit 112
}
]] },

  { why = "The one function of Windows that tells the pool tags.", lines = [[
Add-Type -Namespace Poolsleuth -Name Native -MemberDefinition @'
[DllImport("ntdll.dll")]
public static extern int NtQuerySystemInformation(int kind, IntPtr buffer, int size, out int needed);
'@
]] },

  { why = [[
Its class 22 fills a buffer: a count, and for each tag four bytes and its counters.  The buffer grows until
all of it fits.]], lines = [[
function Get-PoolTagBytes {
    for ($size = 1MB; $size -le 256MB; $size *= 2) {
        $needed = 0
        $buffer = [Runtime.InteropServices.Marshal]::AllocHGlobal([int]$size)
        try {
            $status = [Poolsleuth.Native]::NtQuerySystemInformation(22, $buffer, $size, [ref]$needed)
            if ($status -eq 0) {
                $bytes = New-Object byte[] $size
                [Runtime.InteropServices.Marshal]::Copy($buffer, $bytes, 0, $size)
                return , $bytes
            }
        } finally { [Runtime.InteropServices.Marshal]::FreeHGlobal($buffer) }
        if ($status -ne -1073741820) { break }
    }
    throw ('the pool tags could not be asked: status {0:X8}' -f $status)
}
]] },

  { why = [[
One pool of one tag, as cells: allocations, frees, their difference as the 32-bit counters give it, bytes.
The bytes are as wide as a pointer and stand aligned behind the two counters.]], lines = [[
function Format-Pool($bytes, [int]$at, [int]$used) {
    $allocs = [int64][BitConverter]::ToUInt32($bytes, $at)
    $frees  = [int64][BitConverter]::ToUInt32($bytes, $at + 4)
    $held   = [uint64][BitConverter]::ToUInt32($bytes, $used)
    if ([IntPtr]::Size -eq 8) { $held = [BitConverter]::ToUInt64($bytes, $used) }
    $allocs, $frees, (($allocs - $frees) -band 4294967295), $held
}
]] },

  { why = [[
The tags as CSV, with the columns of the known PowerShell scripts for this.  A tag keeps its bytes, but for
control characters, which become dots.]], lines = [[
function Write-PoolTags([DateTime]$when, [string]$path) {
    $bytes = Get-PoolTagBytes
    $wide  = [IntPtr]::Size -eq 8
    $text  = New-Object Text.StringBuilder
    $null  = $text.Append('"DateTimeUTC","Tag","PagedAllocs","PagedFrees","PagedDiff","PagedUsedBytes",')
    $null  = $text.Append('"NonPagedAllocs","NonPagedFrees","NonPagedDiff","NonPagedUsedBytes",')
    $null  = $text.AppendLine('"TotalUsedBytes"')
    $total = [BitConverter]::ToUInt32($bytes, 0)
    for ($i = 0; $i -lt $total; $i++) {
        $at     = 4 + 28 * $i
        $places = 4, 12, 16, 24
        if ($wide) { $at = 8 + 40 * $i; $places = 4, 16, 24, 32 }
        $tag   = ($latin.GetString($bytes, $at, 4) -replace '[\x00-\x1f]', '.').Replace('"', '""')
        $paged = Format-Pool $bytes ($at + $places[0]) ($at + $places[1])
        $nonp  = Format-Pool $bytes ($at + $places[2]) ($at + $places[3])
        $cells = @($when.ToString('s', $fixed), $tag) + $paged + $nonp + @($paged[3] + $nonp[3])
        $null  = $text.AppendLine('"' + ($cells -join '","') + '"')
    }
    [IO.File]::WriteAllText((Join-Path $folder $path), $text.ToString(), $latin)
}
]] },

  { why = "Memory counters by their numbers in the registry: their names differ from language to language.",
    lines = [[
function Write-Counters([string]$path) {
    $key    = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion\Perflib\CurrentLanguage'
    $names  = (Get-ItemProperty $key).Counter
    $memory = $names[[Array]::IndexOf($names, '4') + 1]
    $paths  = foreach ($number in @numbers@) {
        $at = [Array]::IndexOf($names, [string]$number)
        if ($at -ge 0) { '\' + $memory + '\' + $names[$at + 1] }
    }
    $null = & typeperf.exe $paths -sc 1 -f CSV -o $path -y
}
]] },

  { why = "One snapshot: pool tags first, then counters and handle counts.  Names are UTC, in digits.",
    lines = [[
function Save-Snapshot {
    $when  = [DateTime]::UtcNow
    $stamp = $when.ToString("yyyy-MM-dd'T'HH-mm-ss'Z'", $fixed)
    Write-PoolTags $when "pool-$stamp.csv"
    try { Write-Counters "counters-$stamp.csv" } catch { Write-Host "The counters could not be read: $_" }
    Get-Process | Select-Object @process@ |
        Export-Csv -NoTypeInformation -Encoding UTF8 -Path "handles-$stamp.csv"
    Write-Host "${stamp}: snapshot taken"
    $stamp
}
]] },

  { why = "One snapshot more, for the scheduled task or by hand.", lines = [[
if ($Do -eq 'snapshot') {
    Assert-Space 100
    $null = Save-Snapshot
]] },

  { why = "After the last one, which only the task knows, the task is removed.", only = "task", lines = [[
    $taken = @(Get-ChildItem -Filter 'pool-*.csv').Count
    if ($Total -gt 0 -and $taken -ge $Total) { schtasks.exe /delete /tn $task /f }
]] },

  { why = "Done with this one.", lines = [[
    exit 0
}
]] },

  { why = "Free space first: as much as the drivers take, 2 MB a snapshot, and 200 MB that stay free.",
    lines = [[
$drivers = @(Get-ChildItem (Join-Path $system 'drivers\*.sys'))
Assert-Space (($drivers | Measure-Object Length -Sum).Sum / 1MB + 2 * $count + 200)
]] },

  { why = "The first snapshot comes before the slow work: the server may stop answering.", lines = [[
$stamp = Save-Snapshot
]] },

  { why = "Which drivers are loaded, from where, in which state; which file-system filters sit on what.",
    lines = [[
$list = driverquery.exe /v /fo csv
$list | Out-File -Encoding UTF8 "driverquery-$stamp.csv"
fltmc.exe filters | Out-File -Encoding UTF8 "fltmc-filters-$stamp.txt"
fltmc.exe instances | Out-File -Encoding UTF8 "fltmc-instances-$stamp.txt"
]] },

  { why = [[
Copies of the drivers: their code tells which tags they allocate with.  First the usual folder, then every
.sys elsewhere that the list names, into a folder named as the one that it comes from.]], lines = [[
if (-not (Test-Path 'drivers')) { $null = New-Item -ItemType Directory -Path 'drivers' }
$drivers | Copy-Item -Destination 'drivers' -Force -ErrorAction Continue
foreach ($cell in [regex]::Matches(($list -join "`n"), '"([^"\r\n]+\.sys)"')) {
    $path = $cell.Groups[1].Value.Replace('\??\', '').Replace('\SystemRoot', $env:SystemRoot)
    $from = Split-Path $path
    if (-not $from -or $from -eq "$env:SystemRoot\System32\drivers") { continue }
    if ($env:PROCESSOR_ARCHITEW6432 -and -not (Test-Path -LiteralPath $path)) {
        $path = $path -replace '\\System32\\', '\Sysnative\'
    }
    if (-not (Test-Path -LiteralPath $path)) { continue }
    $place = Join-Path 'drivers' (Split-Path $from -Leaf)
    if (-not (Test-Path -LiteralPath $place)) { $null = New-Item -ItemType Directory -Path $place }
    Copy-Item -LiteralPath $path -Destination $place -Force -ErrorAction Continue
}
]] },

  { why = "A snapshot each interval, for as long as there is room.", only = "loop", lines = [[
for ($done = 1; $done -lt $count; $done++) {
    Start-Sleep -Seconds $interval
    Assert-Space 100
    $null = Save-Snapshot
}
]] },

  { why = "A scheduled task takes the other snapshots, as the system itself, so that nobody stays logged on.",
    only = "task", lines = [[
foreach ($path in $script, $folder) {
    if ($path -notmatch '^[A-Za-z]:') { continue }
    if ((New-Object IO.DriveInfo ($path.Substring(0, 1))).DriveType -ne 'Network') { continue }
    throw "the system does not see the network drive of ${path}: use a local disk, or leave out --task"
}
$total = @(Get-ChildItem -Filter 'pool-*.csv').Count + $count - 1
$run = "powershell.exe -NoProfile -ExecutionPolicy Bypass -File '$script' snapshot $total"
schtasks.exe /create /f /tn $task /tr $run /sc minute /mo $minutes /ru SYSTEM
if ($LASTEXITCODE -ne 0) { throw 'the task could not be made; without --task the script waits by itself' }
]] },

  { why = "The end: what to do with the folder, and how to leave nothing behind.", lines = [[
Write-Host "The evidence is in $folder.  Copy the whole folder to the analyst and run there:"
Write-Host '    poolsleuth find-leaking-driver FOLDER'
Write-Host "To undo: run this script with the word undo."
]] },
}
