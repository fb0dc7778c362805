/* Where themes are found: in the program, in the user's folders and the system's, btop's included.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/embed.h"
#include "base/file.h"
#include "base/memory.h"
#include "ui/theme.h"

/* symbol, name, file under themes/; the first is the default */
#define BUILTINS(X)                                          \
    X(dark, "dark", "dark.theme")                            \
    X(light, "light", "light.theme")                         \
    X(high_contrast, "high-contrast", "high-contrast.theme") \
    X(colour_blind, "colour-blind", "colour-blind.theme")    \
    X(mono, "mono", "mono.theme")                            \
    X(harbour, "harbour", "harbour.theme")

#define EMBED(symbol, name, file) EMBED_FILE(theme_##symbol, "themes/" file)
BUILTINS(EMBED)

#define ROW(symbol, name, file) {name, theme_##symbol, theme_##symbol##_end},

static const struct {
    const char *name, *start, *end;
} builtins[] = {BUILTINS(ROW)};

/* Larger files are no themes. */
enum { THEME_FILE_BYTES = 64 * 1024 };

/* ---- folders ---- */

struct strings {
    char **items;
    size_t count;
};

static void strings_add(struct strings *strings, char *owned)
{
    strings->items = xreallocarray(strings->items, strings->count + 1, sizeof *strings->items);
    strings->items[strings->count++] = owned;
}

void theme_names_free(char **names, size_t count)
{
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

static void add_folders(struct strings *folders, const char *base)
{
    strings_add(folders, xasprintf("%s/fluxperf/themes", base));
    strings_add(folders, xasprintf("%s/btop/themes", base));
}

static struct strings theme_folders(void)
{
    struct strings folders = {0};
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const char *shares = getenv("XDG_DATA_DIRS");
    if (config && *config == '/') {
        add_folders(&folders, config);
    } else if (home && *home) {
        char *dot_config = path_join(home, ".config");
        add_folders(&folders, dot_config);
        free(dot_config);
    }
    char *list = xstrdup(shares && *shares ? shares : "/usr/local/share:/usr/share"), *rest = list;
    for (char *share; (share = strsep(&rest, ":"));)
        if (*share)
            add_folders(&folders, share);
    free(list);
    return folders;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool is_known(const struct strings *names, struct text name)
{
    for (size_t i = 0; i < names->count; i++)
        if (text_is(name, names->items[i]))
            return true;
    return false;
}

static void add_names_of(struct strings *names, const char *folder)
{
    DIR *directory = opendir(folder);
    if (!directory)
        return;
    size_t before = names->count;
    for (struct dirent *entry; (entry = readdir(directory));) {
        struct text name = text_of(entry->d_name);
        if (!text_ends_with(name, ".theme") || name.size == strlen(".theme"))
            continue;
        name.size -= strlen(".theme");
        if (!is_known(names, name))
            strings_add(names, xstrndup(name.data, name.size));
    }
    closedir(directory);
    if (names->count > before)
        qsort(names->items + before, names->count - before, sizeof *names->items, compare_names);
}

char **theme_names(size_t *count)
{
    struct strings names = {0}, folders = theme_folders();
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
        strings_add(&names, xstrdup(builtins[i].name));
    for (size_t i = 0; i < folders.count; i++)
        add_names_of(&names, folders.items[i]);
    theme_names_free(folders.items, folders.count);
    *count = names.count;
    return names.items;
}

/* ---- one theme ---- */

static bool read_theme(struct theme *theme, const char *path, struct error *error)
{
    struct buffer content = {0};
    bool good = file_read(path, &content, error);
    if (good && content.size > THEME_FILE_BYTES)
        good = error_set(error, "%s is too large for a theme", path);
    else if (good && !theme_parse(theme, buffer_text(&content), error))
        good = error_prefix(error, "%s", path);
    buffer_free(&content);
    return good;
}

/* The path of the theme in a folder, freed by the caller; NULL when no folder has it. */
static char *path_in_folders(const char *name)
{
    struct strings folders = theme_folders();
    char *found = NULL;
    for (size_t i = 0; i < folders.count && !found; i++) {
        char *path = xasprintf("%s/%s.theme", folders.items[i], name);
        if (file_exists(path))
            found = path;
        else
            free(path);
    }
    theme_names_free(folders.items, folders.count);
    return found;
}

static bool unknown(const char *name, struct error *error)
{
    struct buffer list = {0};
    size_t count, shown = 0;
    char **names = theme_names(&count);
    for (; shown < count && list.size < 500; shown++)
        buffer_printf(&list, "%s%s", shown ? ", " : "", names[shown]);
    if (shown < count)
        buffer_printf(&list, " and %zu more", count - shown);
    error_set(error, "theme %.100s is not known: there are %s; or give a file", name, list.data);
    theme_names_free(names, count);
    buffer_free(&list);
    return false;
}

static bool names_a_file(const char *name)
{
    return strchr(name, '/') || text_ends_with(text_of(name), ".theme");
}

bool theme_find(struct theme *theme, const char *name_or_file, struct error *error)
{
    const char *name = name_or_file && *name_or_file ? name_or_file : builtins[0].name;
    if (names_a_file(name)) {
        snprintf(theme->name, sizeof theme->name, "%s", path_base(name));
        return read_theme(theme, name, error);
    }
    snprintf(theme->name, sizeof theme->name, "%s", name);
    for (size_t i = 0; i < ARRAY_SIZE(builtins); i++)
        if (strcmp(name, builtins[i].name) == 0)
            return theme_parse(
                theme,
                (struct text){builtins[i].start, (size_t)(builtins[i].end - builtins[i].start)},
                error);
    char *path = path_in_folders(name);
    bool good = path ? read_theme(theme, path, error) : unknown(name, error);
    free(path);
    return good;
}
