/***
Lines from a terminal, with editing, history and completion where the system has libedit.
@module poolsleuth.line
*/
#include "bind/bind.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LINE_CLASS "poolsleuth.Line"
#define LIBRARY "libedit.so.2"

/* What is used of libedit's interface, histedit.h, which nothing is linked with. */
typedef struct EditLine EditLine;
typedef struct History History;
typedef struct history_event {
    int number;
    const char *text;
} history_event;
typedef struct line_info {
    const char *buffer, *cursor, *last;
} line_info;

enum {
    EL_PROMPT = 0,
    EL_EDITOR = 2,
    EL_SIGNAL = 3,
    EL_BIND = 4,
    EL_ADDFN = 9,
    EL_HIST = 10,
    EL_CLIENTDATA = 14,
    H_SETSIZE = 1,
    H_ENTER = 10,
    CC_REFRESH = 4,
    CC_ERROR = 6,
};

enum { HISTORY_SIZE = 500, TEXT_LIMIT = 64 };

typedef struct line {
    void *library; /* NULL once closed */
    EditLine *editor;
    History *history;
    char prompt[TEXT_LIMIT];
    char *words; /* each ends in a zero, the last in two */
    EditLine *(*init)(const char *, FILE *, FILE *, FILE *);
    void (*end)(EditLine *);
    const char *(*gets)(EditLine *, int *);
    int (*set)(EditLine *, int, ...);
    int (*get)(EditLine *, int, ...);
    const line_info *(*info)(EditLine *);
    int (*insert)(EditLine *, const char *);
    History *(*history_init)(void);
    void (*history_end)(History *);
    int (*history_do)(History *, history_event *, int, ...);
} line;

/* libedit gives its callbacks nothing but the editor, and nobody's address of el_get. */
static line *line_behind(EditLine *editor)
{
    void *symbol = dlsym(RTLD_DEFAULT, "el_get");
    int (*get)(EditLine *, int, ...) = NULL;
    void *found = NULL;

    memcpy(&get, &symbol, sizeof get);
    if (get == NULL || get(editor, EL_CLIENTDATA, &found) != 0)
        return NULL;
    return found;
}

static char *prompt_of(EditLine *editor)
{
    static char none[] = "> ";
    line *l = line_behind(editor);

    return l != NULL ? l->prompt : none;
}

/* --- completion ------------------------------------------------------------------------------ */

/* What all words that begin with size bytes of text go on with; its length. */
static size_t common_rest(const char *words, const char *text, size_t size, char rest[TEXT_LIMIT])
{
    size_t length = SIZE_MAX;

    for (const char *word = words; *word != '\0'; word += strlen(word) + 1) {
        size_t same = 0;
        if (strncmp(word, text, size) != 0 || strlen(word) - size >= TEXT_LIMIT)
            continue;
        if (length == SIZE_MAX) {
            length = strlen(word) - size;
            memcpy(rest, word + size, length + 1);
        }
        while (same < length && word[size + same] == rest[same])
            same++;
        length = same;
    }
    if (length == SIZE_MAX)
        return 0;
    rest[length] = '\0';
    return length;
}

static unsigned char complete(EditLine *editor, int key)
{
    const line *l = line_behind(editor);
    const line_info *info = l != NULL ? l->info(editor) : NULL;
    const char *word;
    char rest[TEXT_LIMIT];

    (void)key;
    if (info == NULL)
        return CC_ERROR;
    word = info->cursor;
    while (word > info->buffer && strchr("; \t", word[-1]) == NULL)
        word--;
    if (common_rest(l->words, word, (size_t)(info->cursor - word), rest) == 0 ||
        l->insert(editor, rest) != 0)
        return CC_ERROR;
    return CC_REFRESH;
}

/* --- the editor ------------------------------------------------------------------------------ */

/* ISO C has no conversion from an object's pointer to a function's. */
static bool load(void *library, const char *name, void *function)
{
    void *found = dlsym(library, name);

    memcpy(function, &found, sizeof found);
    return found != NULL;
}

static bool load_all(line *l)
{
    l->library = dlopen(LIBRARY, RTLD_NOW | RTLD_GLOBAL);
    return l->library != NULL && load(l->library, "el_init", &l->init) &&
           load(l->library, "el_end", &l->end) && load(l->library, "el_gets", &l->gets) &&
           load(l->library, "el_set", &l->set) && load(l->library, "el_get", &l->get) &&
           load(l->library, "el_line", &l->info) && load(l->library, "el_insertstr", &l->insert) &&
           load(l->library, "history_init", &l->history_init) &&
           load(l->library, "history_end", &l->history_end) &&
           load(l->library, "history", &l->history_do);
}

static bool start(line *l)
{
    history_event event;

    if (!load_all(l))
        return false;
    l->history = l->history_init();
    l->editor = l->init("poolsleuth", stdin, stdout, stderr);
    if (l->history == NULL || l->editor == NULL)
        return false;
    (void)l->history_do(l->history, &event, H_SETSIZE, HISTORY_SIZE);
    (void)l->set(l->editor, EL_CLIENTDATA, (void *)l);
    (void)l->set(l->editor, EL_PROMPT, prompt_of);
    (void)l->set(l->editor, EL_EDITOR, "emacs");
    (void)l->set(l->editor, EL_SIGNAL, 1);
    (void)l->set(l->editor, EL_HIST, l->history_do, l->history);
    (void)l->set(l->editor, EL_ADDFN, "complete", "complete a word", complete);
    (void)l->set(l->editor, EL_BIND, "\t", "complete", NULL);
    return true;
}

static void stop(line *l)
{
    if (l->editor != NULL)
        l->end(l->editor);
    if (l->history != NULL)
        l->history_end(l->history);
    if (l->library != NULL)
        (void)dlclose(l->library);
    free(l->words);
    memset(l, 0, sizeof *l);
}

/* The strings of the list at index, one behind the other. */
static bool take_words(lua_State *L, int index, line *l)
{
    const lua_Integer count = luaL_len(L, index);
    size_t size = 1;
    char *at;

    for (lua_Integer i = 1; i <= count; i++) {
        size_t length;
        lua_geti(L, index, i);
        (void)luaL_checklstring(L, -1, &length);
        size += length + 1;
        lua_pop(L, 1);
    }
    at = l->words = calloc(size + 1, 1);
    for (lua_Integer i = 1; at != NULL && i <= count; i++) {
        lua_geti(L, index, i);
        at = stpcpy(at, lua_tostring(L, -1)) + 1;
        lua_pop(L, 1);
    }
    return l->words != NULL;
}

static int line_close(lua_State *L)
{
    stop(luaL_checkudata(L, 1, LINE_CLASS));
    return 0;
}

/***
An editor of lines at the terminal.
@function open
@tparam {string,...} words that the tabulator key completes
@treturn ?Line nil where the system has no libedit
*/
static int open(lua_State *L)
{
    line *l;

    luaL_checktype(L, 1, LUA_TTABLE);
    l = lua_newuserdatauv(L, sizeof *l, 0);
    memset(l, 0, sizeof *l);
    luaL_setmetatable(L, LINE_CLASS);
    if (take_words(L, 1, l) && start(l))
        return 1;
    stop(l);
    lua_pushnil(L);
    return 1;
}

/***
Read a line.
@function Line:read
@tparam string prompt
@treturn ?string without its end; nil at the end of the input
*/
static int line_read(lua_State *L)
{
    line *l = luaL_checkudata(L, 1, LINE_CLASS);
    const char *text;
    history_event event;
    int length = 0;

    luaL_argcheck(L, l->library != NULL, 1, "the editor is closed");
    (void)snprintf(l->prompt, sizeof l->prompt, "%s", luaL_checkstring(L, 2));
    text = l->gets(l->editor, &length);
    if (text == NULL || length <= 0)
        return 0;
    if (text[0] != '\n')
        (void)l->history_do(l->history, &event, H_ENTER, text);
    lua_pushlstring(L, text, (size_t)length - (text[length - 1] == '\n'));
    return 1;
}

int luaopen_poolsleuth_line(lua_State *L)
{
    static const luaL_Reg methods[] = {{"read", line_read}, {NULL, NULL}};
    static const luaL_Reg functions[] = {{"open", open}, {NULL, NULL}};

    ps_new_class(L, LINE_CLASS, methods, line_close);
    luaL_newlib(L, functions);
    return 1;
}
