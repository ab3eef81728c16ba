/* text_speed.c - how fast text evidence is read: MB/s on one core, for each dialect. */
#include "poolsleuth.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { TAGS = 3000, LINE = 160, ROUNDS = 3 };

static const size_t wanted = (size_t)100 * 1000 * 1000;

static double now(void)
{
    struct timespec t;

    (void)timespec_get(&t, TIME_UTC);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void make_tag(unsigned index, char tag[5])
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

    for (int i = 0; i < 4; i++) {
        tag[i] = letters[index % 62];
        index = index / 62 + 7;
    }
    tag[4] = '\0';
}

static int poolmon_head(char *out)
{
    return sprintf(out,
                   "\r\n Memory:%8luK Avail:%8luK  PageFlts:%6lu   InRam Krnl:%5luK P:%5luK\r\n"
                   " Commit:%7luK Limit:%7luK Peak:%7luK            Pool N:%5luK P:%5luK\r\n\r\n"
                   " Tag  Type     Allocs            Frees            Diff   Bytes       Per "
                   "Alloc\r\n\r\n",
                   16777216UL, 8388608UL, 123456UL, 10444UL, 184307UL, 15035764UL, 67027552UL,
                   16677444UL, 1023400UL, 1955448UL);
}

static int poolmon_row(char *out, unsigned index)
{
    const unsigned long allocs = 1000UL + index * 7919UL, frees = index * 7907UL;
    const unsigned long diff = allocs - frees;
    char tag[5];

    make_tag(index, tag);
    return sprintf(out, " %s %s %10lu        %10lu        %8lu %9lu      %8lu\r\n", tag,
                   index % 2 != 0 ? "Nonp " : "Paged", allocs, frees, diff, diff * 96, 96UL);
}

static int poolused_head(char *out)
{
    return sprintf(out, "0: kd> !poolused\n   Sorting by  Tag\n\n  Pool Used:\n"
                        "            NonPaged            Paged\n"
                        " Tag    Allocs     Used    Allocs     Used\n");
}

static int poolused_row(char *out, unsigned index)
{
    char tag[5];

    make_tag(index, tag);
    return sprintf(out, " %s %8u %8u  %8u %8uUNKNOWN pooltag '%s', please update pooltag.txt\n",
                   tag, index, index * 64, index / 2, index / 2 * 96, tag);
}

/* Snapshots of TAGS rows, one behind the other, until there is enough. */
static char *make_text(int (*head)(char *), int (*row)(char *, unsigned), size_t *size)
{
    char *text = malloc(wanted + (size_t)TAGS * LINE + 1024);

    *size = 0;
    while (text != NULL && *size < wanted) {
        *size += (size_t)head(text + *size);
        for (unsigned i = 0; i < TAGS; i++)
            *size += (size_t)row(text + *size, i);
    }
    return text;
}

static bool measure(const char *name, const char *text, size_t size)
{
    double best = 1e9;
    size_t rows = 0;

    for (int round = 0; round < ROUNDS; round++) {
        const double start = now();
        ps_text *parsed;
        ps_error err;
        if (!ps_text_parse(&parsed, text, size, &err)) {
            (void)fprintf(stderr, "%s: %s\n", name, err.text);
            return false;
        }
        best = now() - start < best ? now() - start : best;
        rows = ps_text_row_line_count(parsed);
        ps_text_close(parsed);
    }
    printf("%-12s %6.0f MB  %9zu rows  %7.3f s  %6.0f MB/s\n", name, (double)size / 1e6, rows, best,
           (double)size / 1e6 / best);
    return true;
}

static bool measure_made(const char *name, int (*head)(char *), int (*row)(char *, unsigned))
{
    size_t size;
    char *text = make_text(head, row, &size);
    const bool done = text != NULL && measure(name, text, size);

    free(text);
    return done;
}

/* Texts that hold nothing, or next to nothing, must not take much longer. */
static bool measure_filled(const char *name, const char *head, const char *piece)
{
    const size_t start = strlen(head), length = strlen(piece);
    char *text = malloc(wanted + start + length);
    bool done;

    if (text == NULL)
        return false;
    memcpy(text, head, start);
    for (size_t at = start; at < wanted; at += length)
        memcpy(text + at, piece, length);
    done = measure(name, text, wanted);
    free(text);
    return done;
}

int main(void)
{
    bool done = measure_made("poolmon -n", poolmon_head, poolmon_row);

    done = measure_made("!poolused", poolused_head, poolused_row) && done;
    puts("wanted: 200 MB/s for these two; the rest must only stay linear");
    done = measure_filled("prose", "", "The quick brown fox jumps over the pool.\n") && done;
    done = measure_filled("blank lines", "", "\n") && done;
    done = measure_filled("one line", "", "Memory: ") && done;
    done = measure_filled("nearly rows", "Tag Type Allocs Frees Diff Bytes Per Alloc\n",
                          " Even Nonp 1 2 3 4x\n Even Nonp 12,34 5\n") &&
           done;
    return done ? 0 : 1;
}
