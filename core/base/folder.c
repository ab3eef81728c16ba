/* folder.c - every file below a folder, in the order of names. */
#include "base/arena.h"
#include "base/array.h"
#include "base/entries.h"
#include "base/error.h"
#include "base/limits.h"

#include <errno.h>
#include <string.h>

/* A folder that is being walked. */
typedef struct level {
    const char *path;
    ps_entries entries;
    size_t at;
} level;

struct ps_folder {
    ps_arena arena;
    const char **files;
    size_t file_count, file_capacity;
    ps_folder_problem *problems;
    size_t problem_count, problem_capacity;
    level *levels;
    size_t depth, level_capacity;
    ps_bounds bounds;
    bool cut, broken; /* broken: memory is out */
};

static void add_problem(ps_folder *folder, const char *path, const char *text)
{
    if (path == NULL || text == NULL ||
        !ps_grow((void **)&folder->problems, &folder->problem_capacity, folder->problem_count,
                 sizeof *folder->problems)) {
        folder->broken = true;
        return;
    }
    folder->problems[folder->problem_count++] = (ps_folder_problem){.path = path, .text = text};
}

static void add_failure(ps_folder *folder, const char *path, const ps_error *err)
{
    if (err->code == PS_ENOMEM)
        folder->broken = true;
    else
        add_problem(folder, path, ps_arena_copy(&folder->arena, err->text, strlen(err->text)));
}

static void add_limit(ps_folder *folder, const char *path, unsigned limit)
{
    const ps_limit_text why = ps_bounds_text(&folder->bounds, limit);

    add_problem(folder, path, ps_arena_copy(&folder->arena, why.text, strlen(why.text)));
}

static void add_file(ps_folder *folder, const char *path)
{
    if (!PS_WITHIN(&folder->bounds, folder_files, folder->file_count)) {
        folder->cut = true;
        return;
    }
    if (path == NULL || !ps_grow((void **)&folder->files, &folder->file_capacity,
                                 folder->file_count, sizeof *folder->files)) {
        folder->broken = true;
        return;
    }
    folder->files[folder->file_count++] = path;
}

static const char *join(ps_folder *folder, const char *path, const char *name)
{
    const size_t length = strlen(path);
    const size_t size = strlen(name);
    const bool slash = length > 0 && path[length - 1] != '/';
    char *joined = ps_arena_take(&folder->arena, length + slash + size + 1);

    if (joined == NULL)
        return NULL;
    memcpy(joined, path, length);
    if (slash)
        joined[length] = '/';
    memcpy(joined + length + slash, name, size);
    joined[length + slash + size] = '\0';
    return joined;
}

/* Begin to walk a folder below the others. */
static void enter(ps_folder *folder, const char *path)
{
    level *l;
    ps_error err;

    if (!PS_WITHIN(&folder->bounds, folder_depth, folder->depth)) {
        add_limit(folder, path, PS_LIMIT(folder_depth));
        return;
    }
    if (!ps_grow((void **)&folder->levels, &folder->level_capacity, folder->depth,
                 sizeof *folder->levels)) {
        folder->broken = true;
        return;
    }
    l = &folder->levels[folder->depth++];
    *l = (level){.path = path};
    if (!ps_entries_read(&l->entries, &folder->arena, path, &err))
        add_failure(folder, path, &err);
}

static void add_unreached(ps_folder *folder, const char *path, const ps_entry *entry)
{
    const bool dangling = entry->is_link && entry->error == ENOENT;
    const char *why = dangling ? "is a link to nothing" : strerror(entry->error);

    add_problem(folder, path, ps_arena_copy(&folder->arena, why, strlen(why)));
}

/* Links to folders are not followed, so that loops end. */
static void visit(ps_folder *folder, const level *l, const ps_entry *entry)
{
    const char *path;

    if (entry->kind == PS_ENTRY_OTHER || (entry->kind == PS_ENTRY_FOLDER && entry->is_link))
        return;
    path = join(folder, l->path, entry->name);
    if (path == NULL)
        folder->broken = true;
    else if (entry->kind == PS_ENTRY_FILE)
        add_file(folder, path);
    else if (entry->kind == PS_ENTRY_FOLDER)
        enter(folder, path);
    else
        add_unreached(folder, path, entry);
}

static void leave(ps_folder *folder)
{
    level *l = &folder->levels[--folder->depth];

    free(l->entries.items);
    l->entries.items = NULL;
}

static void walk(ps_folder *folder)
{
    while (folder->depth > 0) {
        level *l = &folder->levels[folder->depth - 1];
        if (folder->broken || folder->cut || l->at == l->entries.count)
            leave(folder);
        else
            visit(folder, l, &l->entries.items[l->at++]);
    }
}

bool ps_folder_list_within(ps_folder **out, const char *path, const ps_limits *limits,
                           ps_error *err)
{
    ps_folder *folder = calloc(1, sizeof *folder);
    const char *root;

    *out = NULL;
    if (folder == NULL)
        return ps_fail_memory(err);
    if (!ps_bounds_open(&folder->bounds, limits, err)) {
        ps_folder_close(folder);
        return false;
    }
    root = ps_arena_copy(&folder->arena, path, strlen(path));
    if (root == NULL)
        folder->broken = true;
    else
        enter(folder, root);
    walk(folder);
    if (folder->cut && !folder->broken)
        add_limit(folder, root, PS_LIMIT(folder_files));
    if (folder->broken) {
        ps_folder_close(folder);
        return ps_fail_memory(err);
    }
    *out = folder;
    return true;
}

bool ps_folder_list(ps_folder **out, const char *path, ps_error *err)
{
    return ps_folder_list_within(out, path, NULL, err);
}

size_t ps_folder_count(const ps_folder *folder) { return folder->file_count; }

const char *ps_folder_at(const ps_folder *folder, size_t index)
{
    return index < folder->file_count ? folder->files[index] : NULL;
}

size_t ps_folder_problem_count(const ps_folder *folder) { return folder->problem_count; }

const ps_folder_problem *ps_folder_problem_at(const ps_folder *folder, size_t index)
{
    return index < folder->problem_count ? &folder->problems[index] : NULL;
}

void ps_folder_close(ps_folder *folder)
{
    if (folder == NULL)
        return;
    while (folder->depth > 0)
        leave(folder);
    free(folder->levels);
    free(folder->files);
    free(folder->problems);
    ps_arena_free(&folder->arena);
    free(folder);
}
