/* text.c - a text as others see it: read it from a source or from memory, look into what was found. */
#include "base/array.h"
#include "base/error.h"
#include "text/document.h"
#include "text/walk.h"

#include <stdlib.h>

static bool walk_lines(ps_text *text, ps_lines *lines)
{
    ps_walk *walk = ps_walk_open(text);
    ps_line line;

    if (walk == NULL)
        return ps_fail_memory(&text->error);
    while (!ps_failed(text) && ps_lines_next(lines, &line))
        ps_walk_line(walk, &line);
    if (lines->error.code != PS_OK)
        text->error = lines->error;
    text->line_count = lines->number;
    ps_walk_close(walk, lines->layout.cut);
    ps_close_remarks(text);
    return !ps_failed(text);
}

static bool open_lines(ps_text *text, ps_lines *lines, ps_source *source, const ps_window *window,
                       const ps_progress *progress, ps_error *err)
{
    const ps_window usual = {PS_WINDOW_STEP, (size_t)text->bounds.of.text_line_bytes};

    return ps_lines_open(lines, source, window == NULL ? &usual : window, progress, err);
}

static bool read_text(ps_text **out, ps_source *source, const ps_window *window,
                      const ps_progress *progress, const ps_limits *limits, ps_error *err)
{
    ps_text *text = calloc(1, sizeof *text);
    ps_lines lines;
    bool done;

    *out = NULL;
    if (text == NULL)
        return ps_fail_memory(err);
    if (!ps_bounds_open(&text->bounds, limits, err) ||
        !open_lines(text, &lines, source, window, progress, err)) {
        ps_text_close(text);
        return false;
    }
    text->encoding = lines.layout.encoding;
    done = walk_lines(text, &lines);
    ps_lines_close(&lines);
    if (!done) {
        if (err != NULL)
            *err = text->error;
        ps_text_close(text);
        return false;
    }
    *out = text;
    return true;
}

bool ps_text_read_windows(ps_text **out, ps_source *source, const ps_window *window,
                          const ps_progress *progress, ps_error *err)
{
    return read_text(out, source, window, progress, NULL, err);
}

bool ps_text_read_within(ps_text **out, ps_source *source, const ps_progress *progress,
                         const ps_limits *limits, ps_error *err)
{
    return read_text(out, source, NULL, progress, limits, err);
}

bool ps_text_read(ps_text **out, ps_source *source, const ps_progress *progress, ps_error *err)
{
    return read_text(out, source, NULL, progress, NULL, err);
}

bool ps_text_parse(ps_text **out, const void *data, size_t size, ps_error *err)
{
    return ps_text_parse_within(out, data, size, NULL, err);
}

bool ps_text_parse_within(ps_text **out, const void *data, size_t size, const ps_limits *limits,
                          ps_error *err)
{
    ps_source *source;
    bool done;

    *out = NULL;
    if (!ps_source_memory(&source, size == 0 ? "" : data, size, err))
        return false;
    done = ps_text_read_within(out, source, NULL, limits, err);
    ps_source_close(source);
    return done;
}

size_t ps_text_snapshot_count(const ps_text *text) { return text->snapshot_count; }

const ps_snapshot *ps_text_snapshot_at(const ps_text *text, size_t index)
{
    return index < text->snapshot_count ? text->snapshots[index] : NULL;
}

size_t ps_text_problem_count(const ps_text *text) { return text->problem_count; }

const ps_problem *ps_text_problem_at(const ps_text *text, size_t index)
{
    return index < text->problem_count ? &text->problems[index] : NULL;
}

uint64_t ps_text_problem_total(const ps_text *text, ps_severity severity)
{
    return severity < PS_SEVERITIES ? text->problem_totals[severity] : 0;
}

size_t ps_text_module_count(const ps_text *text) { return text->module_count; }

const ps_module *ps_text_module_at(const ps_text *text, size_t index)
{
    return index < text->module_count ? &text->modules[index] : NULL;
}

uint32_t ps_text_line_count(const ps_text *text) { return text->line_count; }

uint32_t ps_text_row_line_count(const ps_text *text) { return text->row_line_count; }

const char *ps_text_encoding(const ps_text *text) { return ps_encoding_name(text->encoding); }

void ps_text_close(ps_text *text)
{
    if (text == NULL)
        return;
    for (size_t i = 0; i < text->snapshot_count; i++)
        ps_snapshot_close(text->snapshots[i]);
    free(text->snapshots);
    free(text->problems);
    free(text->modules);
    ps_lists_free(&text->lists);
    ps_arena_free(&text->arena);
    free(text);
}
