/***
Readers of text evidence: poolmon, `!poolused`, `!vm`, module lists and tag files.
@module poolsleuth.text
*/
#include "bind/text.h"

#define TEXT_CLASS "poolsleuth.Text"
#define TAGFILE_CLASS "poolsleuth.Tagfile"

enum { FIND_LIMIT = 32 };

typedef struct tagfile_box {
    ps_tagfile *file; /* NULL once closed */
} tagfile_box;

static int text_close(lua_State *L)
{
    ps_text_box *box = luaL_checkudata(L, 1, TEXT_CLASS);

    ps_text_close(box->text);
    ps_source_close(box->source);
    *box = (ps_text_box){0};
    return 0;
}

ps_text_box *ps_push_text_box(lua_State *L)
{
    ps_text_box *box = lua_newuserdatauv(L, sizeof *box, 0);

    *box = (ps_text_box){0};
    luaL_setmetatable(L, TEXT_CLASS);
    return box;
}

/* Lists into the table on top; the Text at stack index owner stays alive with its snapshots. */
static void set_snapshots(lua_State *L, const ps_text *text, int owner)
{
    const size_t count = ps_text_snapshot_count(text);

    lua_createtable(L, (int)(count < INT16_MAX ? count : INT16_MAX), 0);
    for (size_t i = 0; i < count; i++) {
        ps_push_snapshot(L, ps_text_snapshot_at(text, i), owner);
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "snapshots");
}

static void set_problems(lua_State *L, const ps_text *text)
{
    const size_t count = ps_text_problem_count(text);

    lua_createtable(L, (int)(count < INT16_MAX ? count : INT16_MAX), 0);
    for (size_t i = 0; i < count; i++) {
        ps_push_problem(L, ps_text_problem_at(text, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    lua_setfield(L, -2, "problems");
}

/* How many problems of each severity there were, kept or not. */
static void set_totals(lua_State *L, const ps_text *text)
{
    lua_createtable(L, 0, PS_SEVERITIES);
    for (ps_severity severity = 0; severity < PS_SEVERITIES; severity++)
        ps_set_uint(L, ps_severity_name(severity), ps_text_problem_total(text, severity));
    lua_setfield(L, -2, "totals");
}

void ps_push_found(lua_State *L, const ps_text *text, int owner)
{
    lua_createtable(L, 0, 18);
    set_snapshots(L, text, owner);
    set_problems(L, text);
    ps_set_lists(L, text);
    ps_set_uint(L, "lines", ps_text_line_count(text));
    ps_set_uint(L, "row_lines", ps_text_row_line_count(text));
    set_totals(L, text);
    ps_set_text(L, "encoding", ps_text_encoding(text));
}

/***
Read every snapshot and module list of a text in any supported dialect and encoding.
A text in which nothing is recognised has no snapshots and one problem that says so.
@function parse
@tparam string bytes the text as it lies in its file
@tparam[opt] table options `limits`: numbers by name, as of `ps_limits` in poolsleuth.h
@treturn[1] table `{snapshots=, problems=, modules=, blocks=, processes=, verified=, handles=, services=,
  events=, loggers=, hives=, files=, lines=, row_lines=, totals=, encoding=}`; totals: how many problems of each severity, those beyond the
  10,000 that are listed too
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=, offset=}`
*/
static int parse(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    ps_limits own;
    const ps_limits *limits = ps_check_limits(L, 2, &own);
    ps_text_box *box = ps_push_text_box(L);
    ps_error err;

    if (!ps_text_parse_within(&box->text, bytes, size, limits, &err))
        return ps_push_error(L, &err);
    ps_push_found(L, box->text, lua_gettop(L));
    return 1;
}

/***
The same of a file, through a window that moves over it: what is not understood takes no memory.
@function read
@tparam string path of a regular file
@tparam[opt] table options `progress`: function of bytes done and in all, whose false cancels; `limits` as
  for @{parse}
@treturn[1] table as of parse, with the file's `sha256`
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=, offset=}`
*/
static int read_file(lua_State *L)
{
    const char *path = luaL_checkstring(L, 1);
    ps_lua_progress state;
    ps_progress progress;
    ps_limits own;
    const ps_limits *limits;
    ps_text_box *box;
    int owner;
    char hex[65];
    ps_error err;
    bool done;

    lua_settop(L, 2);
    limits = ps_check_limits(L, 2, &own);
    progress = ps_check_progress(L, 2, &state);
    box = ps_push_text_box(L);
    owner = lua_gettop(L);
    done = ps_source_open(&box->source, path, &err) &&
           ps_text_read_within(&box->text, box->source, &progress, limits, &err) &&
           ps_source_sha256(box->source, hex, &err);
    ps_source_close(box->source);
    box->source = NULL;
    ps_progress_rethrow(&state);
    if (!done)
        return ps_push_error(L, &err);
    ps_push_found(L, box->text, owner);
    ps_set_text(L, "sha256", hex);
    return 1;
}

/***
A tag file that was read.
@type Tagfile
*/

static const ps_tagfile *check_tagfile(lua_State *L)
{
    const tagfile_box *box = luaL_checkudata(L, 1, TAGFILE_CLASS);

    luaL_argcheck(L, box->file != NULL, 1, "the tag file is closed");
    return box->file;
}

static int tagfile_close(lua_State *L)
{
    tagfile_box *box = luaL_checkudata(L, 1, TAGFILE_CLASS);

    ps_tagfile_close(box->file);
    box->file = NULL;
    return 0;
}

static void push_tagfile_row(lua_State *L, const ps_tagfile_row *row)
{
    lua_createtable(L, 0, 4);
    ps_set_text(L, "pattern", row->pattern);
    ps_set_text(L, "binary", row->binary);
    ps_set_text(L, "text", row->text);
    ps_set_uint(L, "line", row->line);
}

/***
The rows for a tag, those of the most specific pattern only: without wildcards before `?`, that
before `*`.
@function Tagfile:find
@tparam string|integer tag one to four bytes or the 32-bit value; bit 31 is ignored
@treturn {table,...} `{pattern=, binary=, text=, line=}` each, empty if no row matches
*/
static int tagfile_find(lua_State *L)
{
    const ps_tagfile *file = check_tagfile(L);
    size_t indices[FIND_LIMIT];
    size_t count = ps_tagfile_find(file, ps_check_tag(L, 2), indices, FIND_LIMIT);

    if (count > FIND_LIMIT)
        count = FIND_LIMIT;
    lua_createtable(L, (int)count, 0);
    for (size_t i = 0; i < count; i++) {
        push_tagfile_row(L, ps_tagfile_at(file, indices[i]));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
All rows in the order of the file.
@function Tagfile:rows
@treturn {table,...} `{pattern=, binary=, text=, line=}` each
*/
static int tagfile_rows(lua_State *L)
{
    const ps_tagfile *file = check_tagfile(L);

    lua_newtable(L);
    for (size_t i = 0; i < ps_tagfile_count(file); i++) {
        push_tagfile_row(L, ps_tagfile_at(file, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

/***
Lines that were not understood.
@function Tagfile:problems
@treturn {table,...} `{severity=, line=, offset=, reason=, text=}` each
*/
static int tagfile_problems(lua_State *L)
{
    const ps_tagfile *file = check_tagfile(L);

    lua_newtable(L);
    for (size_t i = 0; i < ps_tagfile_problem_count(file); i++) {
        ps_push_problem(L, ps_tagfile_problem_at(file, i));
        lua_rawseti(L, -2, (lua_Integer)i + 1);
    }
    return 1;
}

static int tagfile_length(lua_State *L)
{
    lua_pushinteger(L, (lua_Integer)ps_tagfile_count(check_tagfile(L)));
    return 1;
}

/// @section end

/***
Read a tag file in the manner of pooltag.txt.
@function tagfile
@tparam string bytes the file
@treturn[1] Tagfile
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=, offset=}`
*/
static int tagfile(lua_State *L)
{
    size_t size;
    const char *bytes = luaL_checklstring(L, 1, &size);
    tagfile_box *box = lua_newuserdatauv(L, sizeof *box, 0);
    ps_error err;

    box->file = NULL;
    luaL_setmetatable(L, TAGFILE_CLASS);
    if (!ps_tagfile_parse(&box->file, bytes, size, &err))
        return ps_push_error(L, &err);
    return 1;
}

/***
The kinds of items that a text may list, in order.
@table KINDS
@field name of the kind, and of the list among what parse gives: "handles", "services", ...
@field fields names of the fields of an item; `origin`, `host`, `time`, `line` and `offset` come on top
*/
static void add_kinds(lua_State *L)
{
    lua_createtable(L, PS_ITEM_KINDS, 0);
    for (ps_item_kind kind = 0; kind < PS_ITEM_KINDS; kind++) {
        size_t count;
        const ps_item_field *fields = ps_item_fields(kind, &count);
        lua_createtable(L, 0, 2);
        ps_set_text(L, "name", ps_item_kind_name(kind));
        lua_createtable(L, (int)count, 0);
        for (size_t i = 0; i < count; i++) {
            lua_pushstring(L, fields[i].name);
            lua_rawseti(L, -2, (lua_Integer)i + 1);
        }
        lua_setfield(L, -2, "fields");
        lua_rawseti(L, -2, (lua_Integer)kind + 1);
    }
    lua_setfield(L, -2, "KINDS");
}

static void add_length(lua_State *L)
{
    luaL_getmetatable(L, TAGFILE_CLASS);
    lua_pushcfunction(L, tagfile_length);
    lua_setfield(L, -2, "__len");
    lua_pop(L, 1);
}

int luaopen_poolsleuth_text(lua_State *L)
{
    static const luaL_Reg none[] = {{NULL, NULL}};
    static const luaL_Reg tagfile_methods[] = {{"find", tagfile_find},
                                               {"rows", tagfile_rows},
                                               {"problems", tagfile_problems},
                                               {NULL, NULL}};
    static const luaL_Reg functions[] = {{"parse", parse},
                                         {"read", read_file},
                                         {"ahead", ps_text_lua_ahead},
                                         {"tagfile", tagfile},
                                         {NULL, NULL}};

    ps_new_class(L, TEXT_CLASS, none, text_close);
    ps_new_class(L, TAGFILE_CLASS, tagfile_methods, tagfile_close);
    ps_register_ahead(L);
    add_length(L);
    luaL_newlib(L, functions);
    add_kinds(L);
    return 1;
}
