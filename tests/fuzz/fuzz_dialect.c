/* fuzz_dialect.c - lines behind the header of a dialect, which the first byte chooses, so that no reader
 * waits for its header to be guessed.  Inputs are changed as texts are: by lines, cells and numbers. */
#include "text_promises.h"

enum { LINES = 4096 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t most);
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed);

/* The beginning of a table of each way of writing one, with a row where the rows tell it apart. */
static const char *const heads[] = {
    " Tag  Type     Allocs            Frees            Diff   Bytes       Per Alloc\n"
    " Even Nonp 9 8 1 48 48\n",
    " Memory: 4193752K Avail: 1838108K  PageFlts:   7114   InRam Krnl: 5364K P:176012K\n"
    " Commit:2304652K Limit:8385596K Peak:2420936K            Pool N:88588K P:178364K\n"
    " System pool information\n Tag Type Allocs Frees Diff Bytes Per Alloc Mapped_Driver\n",
    "2: kd> !poolused 2\n               NonPaged                  Paged\n"
    " Tag     Allocs         Used     Allocs         Used\n None 9132 34557952 0 0\tcall\n",
    "kd> !poolused 5\n Tag Allocs Frees Diff Used Allocs Frees Diff Used\n Hack 9 8 1 112 0 0 0 "
    "0\n",
    "kd> !vm\n*** Virtual Memory Usage ***\nNonPagedPool Usage: 31369 ( 125476 Kb)\n",
    "kd> lm\nstart             end                 module name\n",
    "kd> !pool fffff8002f600000\nPool page fffff8002f600000 region is Nonpaged pool\n",
    "kd> !poolfind Even\nScanning large pool allocation table for tag 0x6e657645 (Even)\n",
    "kd> !verifier 3\nVerify Level 9 ... enabled options are:\n",
    "kd> !handle 0 3\nPROCESS ffffe000aa6ce040\n    Image: x.exe\n",
    "kd> !wmitrace.strdump\n(WmiTrace) StrDump Generic\n  LoggerContext Array @ 0x0\n",
    "\"Module Name\",\"Display Name\",\"State\",\"Path\"\n",
    "Module Name  Display Name           Driver Type   Link Date\n"
    "============ ====================== ============= ======================\n",
    "Filter Name                     Num Instances    Altitude    Frame\n"
    "------------------------------  -------------  ------------  -----\n",
    "\"(PDH-CSV 4.0) (UTC)(0)\",\"\\\\S\\Memory\\Pool Nonpaged Bytes\","
    "\"\\\\S\\Process(a)\\Handle Count\"\n",
    "Timestamp                 CounterSamples\n---------                 --------------\n",
    "#Software: Microsoft HTTP API 2.0\n#Fields: date time s-reason\n",
    "acme.exe pid: 4120 NT AUTHORITY\\SYSTEM\n",
    "Handles  NPM(K)    PM(K)      WS(K)     CPU(s)     Id  SI ProcessName\n",
    "Process ID         Proc.Name            Wrkng.Set PagedPool  NonPgdPl  Pagefile    Commit   "
    "Handles   Threads\n",
    "Level,Date and Time,Source,Event ID,Task Category\n",
    "Event[0]:\n  Log Name: System\n  Event ID: 2019\n",
    "<Event xmlns='x'><System><Provider Name='Srv'/><EventID>2019</EventID>",
    "SERVICE_NAME: x\n        TYPE               : 2  FILE_SYSTEM_DRIVER\n",
    "[HKEY_LOCAL_MACHINE\\SYSTEM\\CurrentControlSet\\Services\\x]\n",
    "Logger Name: x\nLogger Id: 1\n",
    "    Directory: C:\\Windows\\System32\\config\n",
    "[{\"Tag\":\"Even\",\"Type\":\"Nonp\",\"Bytes\":48},",
    "Tag,Type,Allocs,Frees,Diff,Bytes,Per Alloc\n",
    "Even,Nonp,9,8,1,48,48,1\n",
    "Tag : Even\nType : Nonp\nBytes : 48\n\n",
    "Time, Paged, Nonpaged\n11/01/2026 00:05:00,1,2\n",
    "> Tag NP_MB\n> abcd 1\n",
    "| Tag | Type | Allocs | Frees | Diff | Bytes | Per Alloc |\n|---|---|---|---|---|---|---|\n",
    "<table><tr><th>Tag</th><th>Type</th><th>Allocs</th><th>Frees</th><th>Diff</th><th>Bytes</th>"
    "<th>Per Alloc</th></tr>",
    "\xFF\xFE",
};

enum { HEADS = sizeof heads / sizeof heads[0] };

static const char *const words[] = {"0",
                                    "1",
                                    "-1",
                                    "4294967295",
                                    "4294967296",
                                    "18446744073709551615",
                                    "18446744073709551616",
                                    "9223372036854775808",
                                    "1,234,567",
                                    "1.234.567",
                                    "( 0)",
                                    "0x",
                                    "0xffff`ffffffff",
                                    "\"",
                                    "Nonp",
                                    "Paged",
                                    "TOTAL",
                                    "kd> ",
                                    "11/01/2026 00:05:00",
                                    "99/99/9999 99:99:99",
                                    "N/A",
                                    "\t",
                                    "\xC2\xA0",
                                    "\r",
                                    "\x1A",
                                    "",
                                    "1e309",
                                    "K",
                                    " Kb)",
                                    "Even",
                                    "....",
                                    "&#65;",
                                    "<br>"};

static uint32_t next(uint32_t *dice)
{
    *dice = *dice * 1664525U + 1013904223U;
    return *dice >> 8;
}

/* Put bytes in the place of others; the new size. */
static size_t splice(uint8_t *data, size_t size, size_t most, const size_t range[2],
                     const uint8_t *from, size_t length)
{
    const size_t behind = size - range[1];

    if (range[0] + length + behind > most)
        return size;
    memmove(data + range[0] + length, data + range[1], behind);
    memcpy(data + range[0], from, length);
    return range[0] + length + behind;
}

static bool ends_line(uint8_t byte) { return byte == '\n'; }
static bool ends_cell(uint8_t byte) { return memchr(" ,\t;|\n<>\"", byte, 9) != NULL; }

/* The piece around a place, without what ends it. */
static void piece_at(const uint8_t *data, size_t size, size_t at, bool (*ends)(uint8_t),
                     size_t range[2])
{
    range[0] = range[1] = at;
    while (range[0] > 1 && !ends(data[range[0] - 1]))
        range[0]--;
    while (range[1] < size && !ends(data[range[1]]))
        range[1]++;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t most, unsigned int seed)
{
    uint32_t dice = seed;
    const uint32_t way = next(&dice) % 6;
    uint8_t line[LINES];
    size_t range[2];
    const char *word;
    size_t length;

    if (way < 2 || size < 4)
        return LLVMFuzzerMutate(data, size, most);
    if (way == 2) {
        data[0] = (uint8_t)next(&dice);
        return size;
    }
    if (way == 3) { /* a cell becomes another */
        word = words[next(&dice) % (sizeof words / sizeof words[0])];
        piece_at(data, size, 1 + next(&dice) % (size - 1), ends_cell, range);
        return splice(data, size, most, range, (const uint8_t *)word, strlen(word));
    }
    piece_at(data, size, 1 + next(&dice) % (size - 1), ends_line, range);
    range[1] += range[1] < size;
    length = range[1] - range[0] < sizeof line ? range[1] - range[0] : sizeof line;
    memcpy(line, data + range[0], length);
    if (way == 4) { /* a line comes again somewhere */
        piece_at(data, size, 1 + next(&dice) % (size - 1), ends_line, range);
        range[1] = range[0];
        return splice(data, size, most, range, line, length);
    }
    return splice(data, size, most, range, line, 0);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const ps_window narrow = {PS_WINDOW_LEAST + size % 97, 1 << 20};
    const char *head = size > 0 ? heads[data[0] % HEADS] : "";
    const size_t length = strlen(head);
    ps_source *source;
    uint8_t *bytes;

    if (size == 0)
        return 0;
    bytes = malloc(length + size - 1 + 1);
    if (bytes == NULL)
        return 0;
    memcpy(bytes, head, length);
    memcpy(bytes + length, data + 1, size - 1);
    if (ps_source_memory(&source, bytes, length + size - 1, NULL)) {
        check_same(source, NULL, size % 2 == 0 ? &narrow : NULL);
        ps_source_close(source);
    }
    free(bytes);
    return 0;
}
