/***
What the class History writes to files and reads from them.
@submodule poolsleuth.store
*/
#include "bind/store.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

static bool write_file(void *context, const void *data, size_t size, ps_error *err)
{
    FILE *const *file = context;

    if (fwrite(data, 1, size, *file) == size)
        return true;
    *err = (ps_error){.code = PS_EIO, .offset = PS_NOWHERE};
    (void)snprintf(err->text, sizeof err->text, "the export cannot be written: %s",
                   strerror(errno));
    return false;
}

/***
Write snapshots as text: CSV with a line a row, or JSON Lines with a line a snapshot and everything that
is known of it.
@function History:export
@tparam file file open for writing
@tparam string format "csv" or "jsonl"
@tparam[opt] string host all hosts without it
@treturn[1] boolean true
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_export(lua_State *L)
{
    static const char *const formats[] = {"csv", "jsonl", NULL};
    ps_history *history = ps_check_history(L);
    const luaL_Stream *stream = luaL_checkudata(L, 2, LUA_FILEHANDLE);
    const int format = luaL_checkoption(L, 3, NULL, formats);
    const char *host = luaL_optstring(L, 4, NULL);
    FILE *file = stream->f;
    ps_error err;

    luaL_argcheck(L, stream->closef != NULL, 2, "the file is closed");
    if (!ps_history_export(history, host, (ps_history_format)format, write_file, &file, &err))
        return ps_push_error(L, &err);
    lua_pushboolean(L, true);
    return 1;
}

/***
Record what @{History:export} wrote, or CSV whose header names its columns likewise.  All of it is kept,
or nothing where a line is not understood.
@function History:import
@tparam string path "-" is standard input
@tparam[opt] table options `limits`: numbers by name, as of `ps_limits` in poolsleuth.h
@treturn[1] table `{lines=, snapshots=, added=}`: added are those that were not known
@treturn[2] nil
@treturn[2] string message
@treturn[2] table `{code=}`
*/
int ps_history_lua_import(lua_State *L)
{
    ps_history *history = ps_check_history(L);
    const char *path = luaL_checkstring(L, 2);
    ps_limits own;
    const ps_limits *limits = ps_check_limits(L, 3, &own);
    ps_history_imported imported;
    ps_source *source;
    ps_error err;
    bool done;

    if (!ps_source_open_within(&source, path, limits, &err))
        return ps_push_error(L, &err);
    done = ps_history_import_within(history, source, &imported, limits, &err);
    ps_source_close(source);
    if (!done)
        return ps_push_error(L, &err);
    lua_createtable(L, 0, 3);
    ps_set_uint(L, "lines", imported.lines);
    ps_set_uint(L, "snapshots", imported.snapshots);
    ps_set_uint(L, "added", imported.added);
    return 1;
}
