/* files.c - the fixtures on disk, as bytes. */
#include "support/files.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum { PATH_LIMIT = 1024, DEPTH_LIMIT = 8, SIZE_LIMIT = 4 << 20 };

static bool ends_with(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);

    return length >= tail && strcmp(text + length - tail, suffix) == 0;
}

static void add(fixture_list *list, const char *path, size_t size)
{
    fixture *grown = realloc(list->items, (list->count + 1) * sizeof *grown);
    FILE *file = fopen(path, "rb");
    fixture f = {.path = strdup(path), .data = malloc(size == 0 ? 1 : size), .size = size};

    if (grown == NULL || file == NULL || f.path == NULL || f.data == NULL ||
        fread(f.data, 1, size, file) != size)
        abort();
    (void)fclose(file);
    list->items = grown;
    list->items[list->count++] = f;
}

static void collect(fixture_list *list, const char *folder, const char *suffix, size_t limit,
                    int depth)
{
    DIR *dir = opendir(folder);
    const struct dirent *entry;

    if (dir == NULL)
        return;
    while ((entry = readdir(dir)) != NULL && list->count < limit) {
        char path[PATH_LIMIT];
        struct stat status;

        if (entry->d_name[0] == '.' ||
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name) >= (int)sizeof path ||
            stat(path, &status) != 0)
            continue;
        if (S_ISDIR(status.st_mode) && depth < DEPTH_LIMIT)
            collect(list, path, suffix, limit, depth + 1);
        else if (S_ISREG(status.st_mode) && status.st_size <= SIZE_LIMIT && ends_with(path, suffix))
            add(list, path, (size_t)status.st_size);
    }
    (void)closedir(dir);
}

static int by_path(const void *a, const void *b)
{
    const fixture *left = a, *right = b;

    return strcmp(left->path, right->path);
}

fixture_list fixtures_read(const char *suffix, size_t limit)
{
    const char *built = getenv("POOLSLEUTH_FIXTURES");
    fixture_list list = {0};

    collect(&list, "tests/c/fixtures", suffix, limit, 0);
    collect(&list, "tests/lua/fixtures", suffix, limit, 0);
    collect(&list, "tests/fixtures", suffix, limit, 0);
    if (built != NULL)
        collect(&list, built, suffix, limit, 0);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, by_path);
    return list;
}

fixture_list samples_read(const char *suffix, size_t limit)
{
    const char *corpus = getenv("POOLSLEUTH_CORPUS");
    fixture_list list = {0};

    if (corpus != NULL)
        collect(&list, corpus, suffix, limit, 0);
    if (list.count > 0)
        qsort(list.items, list.count, sizeof *list.items, by_path);
    return list;
}

void fixtures_free(fixture_list *list)
{
    for (size_t i = 0; i < list->count; i++) {
        free(list->items[i].path);
        free(list->items[i].data);
    }
    free(list->items);
    *list = (fixture_list){0};
}
