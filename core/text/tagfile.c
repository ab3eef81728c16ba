/* tagfile.c - files that say what a tag is, in the manner of pooltag.txt.
 *
 *    rem and // begin a comment
 *    8042 - i8042prt.sys - PS/2 kb and mouse
 *    Ul?? - http.sys     - a tag with wildcards: ? is one character, * any number
 *
 * A row is parted at its first two " - ": descriptions have dashes of their own.  A tag's blanks
 * count; one that is shorter than four characters has blanks behind it, in memory too.
 */
#include "base/array.h"
#include "base/error.h"
#include "text/document.h"
#include "text/tags.h"

#include <string.h>

enum { TAG_SIZE = 4, EXACT = 100, WITHOUT_STAR = 50 };

/* What a pattern matches, the most specific patterns first; equal ones by their key and line. */
typedef struct tag_pattern {
    size_t row;
    unsigned rank;
    uint32_t key; /* of an exact one: the tag as a number */
    unsigned char bytes[TAG_SIZE];
    unsigned size;
} tag_pattern;

struct ps_tagfile {
    ps_text text; /* arena and problems */
    ps_tagfile_row *rows;
    size_t count, capacity;
    tag_pattern *patterns; /* one for each row */
    size_t pattern_capacity;
    size_t exact; /* how many of them are exact */
};

static uint32_t key_of(const unsigned char *bytes)
{
    return (uint32_t)bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 |
           (uint32_t)bytes[3] << 24;
}

/* Zeros behind a short tag stand for the blanks that others use; bit 31 says nothing of the tag. */
static uint32_t normal_key(ps_tag tag)
{
    tag &= ~PS_TAG_PROTECTED;
    for (unsigned i = TAG_SIZE; i-- > 1;) {
        if ((tag >> (8 * i) & 0xFF) != 0)
            break;
        tag |= (uint32_t)' ' << (8 * i);
    }
    return tag;
}

static bool add_pattern(ps_tagfile *file, ps_span tag)
{
    tag_pattern *pattern;
    ps_shown_tag shown;
    bool star = false, wild = false;
    unsigned literals = 0;

    if (!ps_grow((void **)&file->patterns, &file->pattern_capacity, file->count,
                 sizeof *file->patterns))
        return ps_fail_memory(&file->text.error);
    if (!ps_read_tag(tag, file->text.encoding, &shown))
        return false;
    pattern = &file->patterns[file->count];
    *pattern = (tag_pattern){.row = file->count};
    while (tag.end > tag.at && ps_is_blank(tag.end[-1]))
        tag.end--;
    pattern->size = (unsigned)ps_count_characters(tag, file->text.encoding);
    for (unsigned i = 0; i < TAG_SIZE; i++) {
        const unsigned char byte = (unsigned char)(shown.tag >> (8 * i));
        pattern->bytes[i] = byte;
        star |= byte == '*';
        wild |= byte == '?';
        literals += i < pattern->size && byte != '*' && byte != '?';
    }
    if (!star)
        pattern->size = TAG_SIZE;
    pattern->rank = star ? literals : wild ? WITHOUT_STAR + literals : EXACT;
    pattern->key = normal_key(key_of(pattern->bytes));
    return true;
}

/* The next " - " from at; NULL if there is none. */
static const char *find_dash(const char *at, const char *end)
{
    for (; end - at >= 2; at++)
        if (ps_is_blank(at[0]) && at[1] == '-' && (end - at == 2 || ps_is_blank(at[2])))
            return at;
    return NULL;
}

/* Where the tag ends: four characters, if a dash follows them, else at the first dash. */
static const char *tag_end(ps_span line, ps_encoding encoding)
{
    ps_span at = line;
    ps_span four;

    if (ps_take_tag(&at, encoding, &four) && find_dash(at.at, line.end) == at.at)
        return at.at;
    return find_dash(line.at, line.end);
}

static bool read_row(ps_tagfile *file, const ps_line *line)
{
    const ps_span whole = {line->text, line->text + line->size};
    const char *dash = tag_end(whole, file->text.encoding);
    ps_span tag, binary, text;
    ps_tagfile_row *row;

    if (dash == NULL)
        return false;
    tag = (ps_span){whole.at, dash};
    if (ps_count_characters(tag, file->text.encoding) > TAG_SIZE)
        tag = ps_trim(tag);
    if (ps_trim(tag).at == ps_trim(tag).end)
        return false;
    binary = (ps_span){dash + 2, whole.end};
    dash = find_dash(binary.at, binary.end);
    text = (ps_span){dash == NULL ? whole.end : dash + 2, whole.end};
    if (dash != NULL)
        binary.end = dash;
    if (!ps_grow((void **)&file->rows, &file->capacity, file->count, sizeof *file->rows))
        return ps_fail_memory(&file->text.error);
    if (!add_pattern(file, tag))
        return false;
    row = &file->rows[file->count++];
    *row = (ps_tagfile_row){.line = line->number};
    row->pattern = ps_keep(&file->text, tag);
    row->binary = ps_keep(&file->text, ps_trim(binary));
    row->text = ps_keep(&file->text, ps_trim(text));
    return true;
}

static bool is_comment(const ps_line *line)
{
    ps_span at = {line->text, line->text + line->size};

    if (ps_take_text(&at, "//"))
        return true;
    return ps_take_text(&at, "rem") && (at.at == at.end || ps_is_blank(*at.at)) &&
           !(line->size >= 7 && memcmp(line->text + TAG_SIZE, " - ", 3) == 0);
}

/* Nothing but blanks and the end mark of old editors. */
static bool is_empty(const ps_line *line)
{
    for (size_t i = 0; i < line->size; i++)
        if (!ps_is_blank(line->text[i]) && line->text[i] != '\x1A')
            return false;
    return true;
}

static void read_line(ps_tagfile *file, const ps_line *line)
{
    if (is_empty(line) || is_comment(line))
        return;
    if (line->size > file->text.bounds.of.text_row_bytes)
        ps_remark(&file->text, PS_REFUSED, line, "the line is too long for a row of a tag file");
    else if (!read_row(file, line))
        ps_remark(&file->text, PS_REFUSED, line, "this is no row \"tag - binary - description\"");
}

static int compare(const void *a, const void *b)
{
    const tag_pattern *first = a;
    const tag_pattern *second = b;

    if (first->rank != second->rank)
        return first->rank > second->rank ? -1 : 1;
    if (first->rank == EXACT && first->key != second->key)
        return first->key < second->key ? -1 : 1;
    return first->row < second->row ? -1 : first->row > second->row;
}

static void sort_patterns(ps_tagfile *file)
{
    if (file->count > 0)
        qsort(file->patterns, file->count, sizeof *file->patterns, compare);
    while (file->exact < file->count && file->patterns[file->exact].rank == EXACT)
        file->exact++;
}

static void read_lines(ps_tagfile *file, const void *data, size_t size)
{
    ps_error *err = &file->text.error;
    ps_source *source;
    ps_window window = {.step = PS_WINDOW_STEP};
    ps_lines lines;
    ps_line line;

    if (!ps_bounds_open(&file->text.bounds, NULL, err))
        return;
    window.piece = (size_t)file->text.bounds.of.text_line_bytes;
    if (!ps_source_memory(&source, size == 0 ? "" : data, size, err))
        return;
    if (!ps_lines_open(&lines, source, &window, NULL, err)) {
        ps_source_close(source);
        return;
    }
    file->text.encoding = lines.layout.encoding;
    while (!ps_failed(&file->text) && ps_lines_next(&lines, &line))
        if (!line.continued)
            read_line(file, &line);
    ps_lines_close(&lines);
    ps_source_close(source);
}

bool ps_tagfile_parse(ps_tagfile **out, const void *data, size_t size, ps_error *err)
{
    ps_tagfile *file = calloc(1, sizeof *file);

    *out = NULL;
    if (file == NULL)
        return ps_fail_memory(err);
    read_lines(file, data, size);
    ps_close_remarks(&file->text);
    if (ps_failed(&file->text)) {
        if (err != NULL)
            *err = file->text.error;
        ps_tagfile_close(file);
        return false;
    }
    sort_patterns(file);
    *out = file;
    return true;
}

/* * is any number of characters; blanks behind a pattern with a * are not meant. */
static bool matches(const tag_pattern *pattern, uint32_t key)
{
    unsigned at = 0, in = 0, star = TAG_SIZE, from = 0;

    while (at < TAG_SIZE) {
        const unsigned char byte = (unsigned char)(key >> (8 * at));
        if (in < pattern->size && pattern->bytes[in] == '*') {
            star = in++;
            from = at;
        } else if (in < pattern->size &&
                   (pattern->bytes[in] == '?' || pattern->bytes[in] == byte)) {
            in++;
            at++;
        } else if (star < TAG_SIZE) {
            in = star + 1;
            at = ++from;
        } else {
            return false;
        }
    }
    while (in < pattern->size && pattern->bytes[in] == '*')
        in++;
    return in == pattern->size;
}

static size_t first_exact(const ps_tagfile *file, uint32_t key)
{
    size_t low = 0, high = file->exact;

    while (low < high) {
        const size_t middle = low + (high - low) / 2;
        if (file->patterns[middle].key < key)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

size_t ps_tagfile_find(const ps_tagfile *file, ps_tag tag, size_t *indices, size_t limit)
{
    const uint32_t key = normal_key(tag);
    size_t count = 0;
    unsigned best = 0;

    for (size_t i = first_exact(file, key); i < file->exact && file->patterns[i].key == key; i++)
        if (count++ < limit)
            indices[count - 1] = file->patterns[i].row;
    if (count > 0)
        return count;
    for (size_t i = file->exact; i < file->count; i++) {
        const tag_pattern *pattern = &file->patterns[i];
        if (count > 0 && pattern->rank != best)
            break;
        if (!matches(pattern, key))
            continue;
        best = pattern->rank;
        if (count++ < limit)
            indices[count - 1] = pattern->row;
    }
    return count;
}

size_t ps_tagfile_count(const ps_tagfile *file) { return file->count; }

const ps_tagfile_row *ps_tagfile_at(const ps_tagfile *file, size_t index)
{
    return index < file->count ? &file->rows[index] : NULL;
}

size_t ps_tagfile_problem_count(const ps_tagfile *file) { return file->text.problem_count; }

const ps_problem *ps_tagfile_problem_at(const ps_tagfile *file, size_t index)
{
    return index < file->text.problem_count ? &file->text.problems[index] : NULL;
}

void ps_tagfile_close(ps_tagfile *file)
{
    if (file == NULL)
        return;
    free(file->rows);
    free(file->patterns);
    free(file->text.problems);
    ps_arena_free(&file->text.arena);
    free(file);
}
