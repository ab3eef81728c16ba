/* entries.c - what one folder holds, told apart from a folder that cannot be read. */
#include "base/entries.h"
#include "base/array.h"
#include "base/error.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

static ps_entry_kind kind_of_mode(mode_t mode)
{
    if (S_ISREG(mode))
        return PS_ENTRY_FILE;
    return S_ISDIR(mode) ? PS_ENTRY_FOLDER : PS_ENTRY_OTHER;
}

static void ask(ps_entry *entry, int folder, int flags)
{
    struct stat info;

    if (fstatat(folder, entry->name, &info, flags) != 0) {
        entry->kind = PS_ENTRY_UNREACHED;
        entry->error = errno;
        return;
    }
    entry->is_link = entry->is_link || S_ISLNK(info.st_mode);
    entry->kind = kind_of_mode(info.st_mode);
}

/* What the folder says of an entry, asking the file system only where it does not say enough. */
static ps_entry examine(int folder, const struct dirent *found, const char *name)
{
    ps_entry entry = {.name = name, .is_link = found->d_type == DT_LNK};

    if (found->d_type == DT_UNKNOWN)
        ask(&entry, folder, AT_SYMLINK_NOFOLLOW);
    else if (found->d_type == DT_REG)
        entry.kind = PS_ENTRY_FILE;
    else
        entry.kind = found->d_type == DT_DIR ? PS_ENTRY_FOLDER : PS_ENTRY_OTHER;
    if (entry.is_link)
        ask(&entry, folder, 0);
    return entry;
}

static bool is_dots(const char *name) { return strcmp(name, ".") == 0 || strcmp(name, "..") == 0; }

static int by_name(const void *a, const void *b)
{
    return strcmp(((const ps_entry *)a)->name, ((const ps_entry *)b)->name);
}

static bool add(ps_entries *out, size_t *capacity, ps_arena *arena, int folder,
                const struct dirent *found)
{
    const char *name = ps_arena_copy(arena, found->d_name, strlen(found->d_name));

    if (name == NULL || !ps_grow((void **)&out->items, capacity, out->count, sizeof *out->items))
        return false;
    out->items[out->count++] = examine(folder, found, name);
    return true;
}

static bool read_all(ps_entries *out, ps_arena *arena, DIR *stream, ps_error *err)
{
    size_t capacity = 0;

    for (;;) {
        const struct dirent *found;
        errno = 0;
        found = readdir(stream);
        if (found == NULL && errno != 0)
            return ps_fail(err, PS_EIO, PS_NOWHERE, "reading the folder failed: %s",
                           strerror(errno));
        if (found == NULL)
            return true;
        if (!is_dots(found->d_name) && !add(out, &capacity, arena, dirfd(stream), found))
            return ps_fail_memory(err);
    }
}

bool ps_entries_read(ps_entries *out, ps_arena *arena, const char *path, ps_error *err)
{
    DIR *stream = opendir(path);
    bool whole;

    *out = (ps_entries){.items = NULL};
    if (stream == NULL)
        return ps_fail(err, PS_EIO, PS_NOWHERE, "%s", strerror(errno));
    whole = read_all(out, arena, stream, err);
    (void)closedir(stream);
    if (out->count > 1)
        qsort(out->items, out->count, sizeof *out->items, by_name);
    return whole;
}
