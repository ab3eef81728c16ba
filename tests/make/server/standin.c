/* standin.c - stands in for the programs that the collecting script calls on a server: what it does
 * goes by the name that it is started under.
 *
 * STANDIN_LOGS is a folder of poolmon logs, named by their time and taken in order; each poolmon run
 * copies the next one.  STANDIN_QUERY is what driverquery prints.  Every call is written down in
 * STANDIN_CALLS.  STANDIN_FAIL names the program that fails.
 */
#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LOGS = 64, NAME = 260, LINE = 4096 };

static int fails(const char *program)
{
    const char *wanted = getenv("STANDIN_FAIL");

    return wanted != NULL && strcmp(wanted, program) == 0;
}

static void write_down(const char *program, int argc, char **argv)
{
    FILE *calls = fopen(getenv("STANDIN_CALLS"), "ab");

    if (calls == NULL)
        exit(99);
    fputs(program, calls);
    for (int i = 1; i < argc; i++)
        fprintf(calls, "|%s", argv[i]);
    fputc('\n', calls);
    fclose(calls);
}

static int by_name(const void *a, const void *b) { return strcmp(a, b); }

/* The log whose turn it is: as many as were called for before are passed over. */
static int next_log(const char *program, char name[NAME])
{
    static char names[MOST_LOGS][NAME];
    char pattern[LINE], line[LINE];
    WIN32_FIND_DATAA found;
    size_t count = 0, turn = 0;
    HANDLE search;
    FILE *calls = fopen(getenv("STANDIN_CALLS"), "rb");

    snprintf(pattern, sizeof pattern, "%s\\*.log", getenv("STANDIN_LOGS"));
    search = FindFirstFileA(pattern, &found);
    if (search == INVALID_HANDLE_VALUE || calls == NULL)
        return 0;
    do
        snprintf(names[count++], NAME, "%s", found.cFileName);
    while (count < MOST_LOGS && FindNextFileA(search, &found));
    qsort(names, count, NAME, by_name);
    while (fgets(line, sizeof line, calls) != NULL)
        turn += strncmp(line, program, strlen(program)) == 0;
    fclose(calls);
    snprintf(name, NAME, "%s", names[turn < count ? turn : count - 1]);
    return 1;
}

static int copy_log(int argc, char **argv)
{
    char name[NAME], from[LINE];

    if (argc != 3 || strcmp(argv[1], "-n") != 0 || !next_log("poolmon", name))
        return 1;
    snprintf(from, sizeof from, "%s\\%s", getenv("STANDIN_LOGS"), name);
    return !CopyFileA(from, argv[2], FALSE);
}

static int print_file(const char *path)
{
    FILE *file = fopen(path, "rb");
    int c;

    if (file == NULL)
        return 1;
    while ((c = getc(file)) != EOF)
        putchar(c);
    return fclose(file);
}

static int filters(int argc, char **argv)
{
    if (argc < 2)
        return 0;
    if (strcmp(argv[1], "filters") == 0)
        puts("\nFilter Name                     Num Instances    Altitude    Frame\n"
             "------------------------------  -------------  ------------  -----\n"
             "acmeflt                                 3       371150         0\n"
             "FileInfo                                4        45000         0");
    else
        puts("\nFilter                Volume Name                              Altitude        "
             "Instance "
             "Name       Frame   SprtFtrs  VlStatus\n"
             "--------------------  -------------------------------------  ------------  "
             "----------------------  -----   --------  --------\n"
             "acmeflt               C:                                        371150     acmeflt"
             "                  0     00000000");
    return 0;
}

/* The name between the single quotes that hold this word. */
static FILE *open_quoted(const char *command, const char *word)
{
    const char *at = strstr(command, word);
    char name[NAME];

    if (at == NULL)
        return NULL;
    snprintf(name, sizeof name, "%.*s", (int)strcspn(at, "'"), at);
    return fopen(name, "wb");
}

static int write_counters(const char *command)
{
    FILE *file = open_quoted(command, "counters-");

    if (file == NULL)
        return 1;
    fputs("\"(PDH-CSV 4.0) (W. Europe Standard Time)(-60)\","
          "\"\\\\SRV1\\Arbeitsspeicher\\Nicht-Auslagerungsseiten (Bytes)\","
          "\"\\\\SRV1\\Arbeitsspeicher\\Auslagerungsseiten (Bytes)\"\r\n"
          "\"11/01/2026 01:05:00.000\",\"92160000\",\"81920000\"\r\n",
          file);
    return fclose(file);
}

static int write_handles(const char *command)
{
    FILE *file = open_quoted(command, "handles-");

    if (file == NULL)
        return 1;
    fputs("\xEF\xBB\xBF\"Id\",\"ProcessName\",\"HandleCount\",\"NonpagedSystemMemorySize64\","
          "\"PagedSystemMemorySize64\",\"PrivateMemorySize64\"\r\n"
          "\"4\",\"System\",\"4812\",\"272\",\"0\",\"40960\"\r\n"
          "\"812\",\"services\",\"624\",\"13400\",\"105432\",\"5394432\"\r\n",
          file);
    return fclose(file);
}

static int shell(int argc, char **argv)
{
    const char *command = argv[argc - 1];
    char name[NAME];

    if (strstr(command, "Get-Process") != NULL)
        return write_handles(command);
    if (strstr(command, "typeperf") != NULL)
        return write_counters(command);
    if (strstr(command, "UtcNow") == NULL || !next_log("poolmon", name))
        return 1;
    printf("%.19s\n", name + strlen("poolmon-"));
    return 0;
}

/* wmic ends its lines with two carriage returns. */
static int management(void)
{
    char name[NAME];
    const char *at = name + strlen("poolmon-");

    if (!next_log("poolmon", name))
        return 1;
    printf("\r\r\nLocalDateTime=%.4s%.2s%.2s%.2s%.2s%.2s.500000+060\r\r\n\r\r\n", at, at + 5,
           at + 8, at + 11, at + 14, at + 17);
    return 0;
}

/* typeperf by English names: the file's name comes behind -o. */
static int counters(int argc, char **argv)
{
    for (int i = 1; i + 1 < argc; i++)
        if (strcmp(argv[i], "-o") == 0) {
            char quoted[NAME];
            snprintf(quoted, sizeof quoted, "%s'", argv[i + 1]);
            return write_counters(quoted);
        }
    return 1;
}

int main(int argc, char **argv)
{
    const char *slash = strrchr(argv[0], '\\');
    char program[NAME];
    int status = 0;

    snprintf(program, sizeof program, "%s", slash == NULL ? argv[0] : slash + 1);
    program[strcspn(program, ".")] = '\0';
    (void)_strlwr(program);
    if (fails(program))
        status = 1;
    else if (strcmp(program, "poolmon") == 0)
        status = copy_log(argc, argv);
    else if (strcmp(program, "driverquery") == 0)
        status = print_file(getenv("STANDIN_QUERY"));
    else if (strcmp(program, "fltmc") == 0)
        status = filters(argc, argv);
    else if (strcmp(program, "powershell") == 0)
        status = shell(argc, argv);
    else if (strcmp(program, "wmic") == 0)
        status = management();
    else if (strcmp(program, "typeperf") == 0)
        status = counters(argc, argv);
    write_down(program, argc, argv);
    return status;
}
