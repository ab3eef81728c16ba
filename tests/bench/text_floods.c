/* text_floods.c - 100 MB of what holds nothing, or next to nothing: each within 2 s and 64 MiB. */
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

enum { MOST_MIB = 64, CHUNK = 1 << 20 };

static const size_t wanted = (size_t)100 * 1000 * 1000;
static const double most_seconds = 2;

/* A head, then the piece again and again. */
typedef struct flood {
    const char *name, *head, *piece;
    bool wide; /* as UTF-16 */
} flood;

#define POOLMON " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n\n"
#define POOLUSED                                                                                   \
    "0: kd> !poolused\n  Pool Used:\n            NonPaged            Paged\n"                      \
    " Tag    Allocs     Used    Allocs     Used\n"
#define VERBOSE                                                                                    \
    " Tag  Allocs  Frees  Diff  Used  Allocs  Frees  Diff  Used\n"                                 \
    " Hack  9  8  1  112  0  0  0  0\n"
#define QUERY "\"Module Name\",\"Display Name\",\"State\",\"Path\"\r\n"
#define MODULES "start             end                 module name\n"

#define HANDLES "acme.exe pid: 4120 NT AUTHORITY\\SYSTEM\n"
#define EVENTS "Level,Date and Time,Source,Event ID,Task Category\n"
#define FOLDER "    Directory: C:\\Windows\\System32\\config\n"

#define COUNTERS                                                                                   \
    "\"(PDH-CSV 4.0)\",\"\\\\S\\Memory\\Pool Nonpaged Bytes\",\"\\\\S\\Process(a)\\Handle "        \
    "Count\"\n"
#define HTTPERR "#Software: Microsoft HTTP API 2.0\n#Fields: date time s-reason\n"

static const flood floods[] = {
    {"samples of counters", COUNTERS, "\"11/01/2026 00:05:00.123\",\"1047961600\",\"12\"\n", false},
    {"broken samples of counters", COUNTERS, "\"11/01/2026 00:05:00.123\",\"1\n", false},
    {"refused connections", HTTPERR, "2026-11-01 00:05:09 2_Connections_Refused\n", false},
    {"broken entries of http.sys", HTTPERR, "2026-11-01 00:05:09\n", false},
    {"prose", "", "The quick brown fox jumps over the pool.\n", false},
    {"prose, UTF-16", "", "The quick brown fox jumps over the pool.\n", true},
    {"blank lines", "", "\n", false},
    {"blank lines, CR LF", "", "\r\n", false},
    {"blank lines, CR", "", "\r", false},
    {"blank lines, UTF-16", "", "\n", true},
    {"blank lines in a table", POOLMON " Even Nonp 9 8 1 48 48\n", "\n", false},
    {"one line of words", "", "Memory: ", false},
    {"one line of digits", "", "1234567890", false},
    {"one line of numbers", "", "1 22 333 4444 ", false},
    {"one line of blanks", "", "          ", false},
    {"one line of tabs", "", "\t", false},
    {"one line of high bytes", "", "\xA0\xC2\xE2\x80", false},
    {"one line, UTF-16", "", "Even Nonp 1 ", true},
    {"one line of nearly rows", POOLMON, " Even Nonp 9 8 1 48x", false},
    {"numbers", "", "1 2 3 4 5 6 7 8\n", false},
    {"long numbers", "", "12345678901234567890123456789012345678901234567890\n", false},
    {"numbers with commas", "", "1,234,567,890,123\n", false},
    {"numbers in a table", POOLMON, "1 2 3 4 5 6 7 8\n", false},
    {"nearly rows", "", " Even Nonp 1 2 3 4x\n Even Nonp 12,34 5\n", false},
    {"nearly rows in a table", POOLMON, " Even Nonp 1 2 3 4x\n Even Nonp 12,34 5\n", false},
    {"short rows in a table", POOLMON, "a Nonp 1\n", false},
    {"run-together rows", POOLMON, " Even Nonp 51,231,80650,633,53368492232,878,68848\n", false},
    {"long run-together rows", POOLMON,
     " Even Nonp 1,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111,111\n",
     false},
    {"nearly rows of !poolused", POOLUSED, " Abc  1  64  0  x\n Ab 1 2 3\n", false},
    {"nearly rows, verbose", VERBOSE, " Abc  1  64  0  5  1  1  1  x\n", false},
    {"headers of poolmon", "", POOLMON, false},
    {"headers of !poolused", "", POOLUSED, false},
    {"titles", "", " System pool information\n", false},
    {"memory lines", "", " Memory: x Avail: y\n Commit: x Limit: y\n", false},
    {"prompts", "", "0: kd> \n", false},
    {"commands", "", "0: kd> !poolused 2\n", false},
    {"shell prompts", "", "C:\\logs>\n", false},
    {"shell commands", "", "C:\\logs>poolmon -n -b x.log\n", false},
    {"nearly prompts", "", "1234:567.890|123*456 78:90 12:34 56:78>\n", false},
    {"pipes", "", "|||||||||||||||\n", false},
    {"pipes with words", "", "| Tag | Even | 1 | 2 |\n", false},
    {"quotations", "", ">>>>>>>>>>>>> >\n", false},
    {"quoted rows", "> " POOLMON, "> Even Nonp 1 2 3 4x\n", false},
    {"quotes", "", "\"\"\"\"\"\"\"\"\n", false},
    {"quotes on one line", "", "\"", false},
    {"cells", "", ",,,,,,,,,,,,\n", false},
    {"cells on one line", "", "a,", false},
    {"quoted cells", "", "\"a\",\"b\",\"1\",\"2\"\n", false},
    {"rows of driverquery refused", QUERY, "\"a\",\"b\"\n", false},
    {"headers of driverquery", "", QUERY, false},
    {"headers of driverquery's table", "", "Module Name  Display Name  Driver Type\n", false},
    {"rows of lm refused", MODULES, "fffff800`2f600000 x\n", false},
    {"headers of lm", "", MODULES, false},
    {"headers of unloaded modules", "", "Unloaded modules:\n", false},
    {"brackets", "", "[", false},
    {"brackets and lines", "", "[\n", false},
    {"braces", "", "{\"a\":", false},
    {"objects", "", "{\"Tag\":\"Even\",\"x\":1},\n", false},
    {"objects on one line", "[", "{\"Tag\":\"Even\",\"x\":1},", false},
    {"a string without end", "[{\"Tag\":\"", "abcdefgh ", false},
    {"tags of HTML", "", "<td><tr></td>", false},
    {"tags of HTML on lines", "", "<tr><td>Even</td><td>1</td></tr>\n", false},
    {"words of !vm refused", "!vm\n", "NonPagedPool Usage: x\n", false},
    {"banners of !vm", "", "*** Virtual Memory Usage ***\n", false},
    {"stars", "", "**********\n", false},
    {"dots", POOLUSED, "....\n", false},
    {"host names", "", "Host Name: SRV01\n", false},
    {"changing host names", "", "Host Name: SRV01\nHost Name: SRV02\n", false},
    {"times", "", "2026-11-01 00:05:00\n", false},
    {"nearly times", "", "2026-11-01 00:05:00 and then some\n", false},
    {"home-made table refused", "Tag NP_MB\nabcd 1\n", "abcd 1x\n", false},
    {"zeros", "", "0", false},
    {"comments", "", "# Tag Type\n", false},
    {"tabs and numbers", "", "Even\t1\t2\t3\t4\n", false},
    {"semicolons", "", "Tag;Paged;1;2\n", false},
    {"TSS rows refused", "", "Even,Nonp,1,2,3,4x,5,1\n", false},
    {"hexadecimal", "", "0xfffff8002f600000 : tag Even\n", false},
    {"names and letters", "", "Name,a,b,c\n", false},
    {"headings of processes", "", "Name PID handles\n", false},
    {"drivers of !verifier refused", "", "MODULE: x\n", false},
    {"headers of counters", "",
     "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\A\\Memory\\Pool Nonpaged Bytes\"\n", false},
    {"braces on lines", "", "{\n", false},
    {"headings refused", "", "Tag,Bytes,Diff\n", false},
    {"rules", "", "---------- ----------\n", false},
    {"colons", "", "a: b\n", false},
    {"keys and values", "", "Tag : a\n\n", false},
    {"address lines", "", "fffff8002f600000 size: x previous size: y (Allocated) Even\n", false},
    {"handles", HANDLES, "   4: Event\n", false},
    {"nearly handles", HANDLES, "   2G: Event\n", false},
    {"nearly processes", "", "PROCESS ffffe000aa6ce040\n    Image: x\n", false},
    {"nearly rows of events", EVENTS, "Error,x,Srv,none,None\n", false},
    {"a quote that stays open", EVENTS "Error,\"", "Even, a, b, c, d, e\n", false},
    {"events of nothing", "", "Event[0]:\n  Log Name: System\n", false},
    {"keys of events", "", "Message : x\n", false},
    {"texts of events", "Event[0]:\n  Event ID: 7\n  Description: x\n", "Acme: 1\n", false},
    {"keys of loggers", "", "Logger Name: x\n", false},
    {"names of logman", "", "Name: x\n", false},
    {"paths of sigcheck", "", "c:\\windows\\x.sys:\n", false},
    {"an event that stays open", "<Event><System>", "<Level>2</Level>\n", false},
    {"events in one line", "<Events>", "<Event><System/></Event>", false},
    {"tags that stay open", "<Event>", "<Data ", false},
    {"services of nothing", "", "SERVICE_NAME: x\n", false},
    {"keys of services", "", "HKEY_LOCAL_MACHINE\\SYSTEM\\Services\\x\n", false},
    {"bytes of a value", "[HKLM\\SYSTEM\\Services\\x]\n", "\"ImagePath\"=hex(2):73,00,\\\n", false},
    {"hives without sizes", FOLDER, "01/01/2026 x SAM\n", false},
    {"folders", "", FOLDER, false},
};

static double now(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static size_t put(char *out, const char *text, bool wide)
{
    const size_t length = strlen(text);

    for (size_t i = 0; i < length; i++) {
        out[wide ? 2 * i : i] = text[i];
        if (wide)
            out[2 * i + 1] = 0;
    }
    return wide ? 2 * length : length;
}

/* Chunk after chunk, so that this program stays small. */
static bool write_flood(const flood *one, const char *path)
{
    static char chunk[CHUNK];
    FILE *file = fopen(path, "wb");
    const size_t room = CHUNK - 2 * strlen(one->piece);
    size_t filled = 0, length;

    if (file == NULL)
        return false;
    if (one->wide)
        (void)fputs("\xFF\xFE", file);
    length = put(chunk, one->head, one->wide);
    (void)fwrite(chunk, 1, length, file);
    while (filled <= room)
        filled += put(chunk + filled, one->piece, one->wide);
    for (size_t done = 0; done < wanted; done += filled)
        (void)fwrite(chunk, 1, filled, file);
    return fclose(file) == 0;
}

/* What a child process that reads the file took. */
typedef struct cost {
    double seconds; /* by the clock, on a machine that may have other work */
    double processor;
    long mib;
    int status;
} cost;

static double seconds_of(struct timeval time)
{
    return (double)time.tv_sec + (double)time.tv_usec / 1e6;
}

static int read_here(const char *path)
{
    ps_source *source;
    ps_text *text;

    if (!ps_source_open(&source, path, NULL) || !ps_text_read(&text, source, NULL, NULL))
        return 1;
    ps_text_close(text);
    ps_source_close(source);
    return 0;
}

static int show(const char *program, const char *path)
{
    if (freopen("/dev/null", "w", stdout) == NULL || freopen("/dev/null", "w", stderr) == NULL)
        return 127;
    (void)execl(program, program, "show", path, (char *)NULL);
    return 127;
}

static cost measure(const char *program, const char *path)
{
    const double start = now();
    struct rusage used;
    cost found = {0};
    pid_t child;

    (void)fflush(stdout);
    child = fork();
    if (child == 0)
        _exit(program == NULL ? read_here(path) : show(program, path));
    (void)wait4(child, &found.status, 0, &used);
    found.seconds = now() - start;
    found.processor = seconds_of(used.ru_utime) + seconds_of(used.ru_stime);
    found.mib = used.ru_maxrss / 1024;
    return found;
}

static bool is_wanted(const flood *one, int count, char **names)
{
    for (int i = 1; i < count; i++)
        if (strstr(one->name, names[i]) != NULL)
            return true;
    return count == 1;
}

/* text_floods [PART OF A NAME…] */
int main(int count, char **names)
{
    const char *build = getenv("POOLSLEUTH_BUILD");
    char program[4096], path[] = "/tmp/poolsleuth-flood-XXXXXX";
    const int handle = mkstemp(path);
    int over = 0;

    (void)snprintf(program, sizeof program, "%s/poolsleuth", build == NULL ? "build" : build);
    printf("%-32s %9s %16s %10s %10s\n", "100 MB of", "reader", "show, processor", "by clock",
           "MiB");
    for (size_t i = 0; handle >= 0 && i < sizeof floods / sizeof *floods; i++) {
        cost reader, whole;
        bool bad;
        if (!is_wanted(&floods[i], count, names) || !write_flood(&floods[i], path))
            continue;
        reader = measure(NULL, path);
        whole = measure(program, path);
        bad = whole.processor > most_seconds || whole.mib > MOST_MIB || reader.status != 0 ||
              WIFSIGNALED(whole.status);
        over += bad;
        printf("%-32s %4.0f MB/s %14.2f s %8.2f s %10ld%s\n", floods[i].name,
               (double)wanted / 1e6 / reader.processor, whole.processor, whole.seconds, whole.mib,
               bad ? "  OVER" : "");
        (void)fflush(stdout);
    }
    (void)unlink(path);
    printf("wanted: %.0f s of processor and %d MiB for each; over: %d\n", most_seconds, MOST_MIB,
           over);
    return over == 0 && handle >= 0 ? 0 : 1;
}
