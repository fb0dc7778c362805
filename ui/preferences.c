#include "ui/preferences.h"

#include <stdio.h>
#include <stdlib.h>

#include "base/file.h"
#include "base/memory.h"

/* $XDG_CONFIG_HOME or ~/.config, and fluxperf/ in it; NULL without a home. Freed by the caller. */
static char *folder(void)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    if (config && *config == '/')
        return path_join(config, "fluxperf");
    return home && *home == '/' ? path_join(home, ".config/fluxperf") : NULL;
}

static void read_file(struct buffer *content)
{
    char *directory = folder();
    char *path = directory ? path_join(directory, "ui.conf") : NULL;
    if (path)
        file_read(path, content, NULL);
    free(path);
    free(directory);
}

/* "key = value"; false for anything else, as comments. */
static bool split(struct text line, struct text *key, struct text *value)
{
    const char *equals = memchr(line.data, '=', line.size);
    if (!equals || text_starts_with(text_trim(line), "#"))
        return false;
    size_t size = (size_t)(equals - line.data);
    *key = text_trim((struct text){line.data, size});
    *value = text_trim((struct text){equals + 1, line.size - size - 1});
    return key->size > 0;
}

bool preference_get(const char *key, char *value, size_t size)
{
    struct buffer content = {0};
    struct text line, name, found;
    read_file(&content);
    value[0] = '\0';
    for (struct text rest = buffer_text(&content); text_next_line(&rest, &line);)
        if (split(line, &name, &found) && text_is(name, key) && found.size < size)
            snprintf(value, size, "%.*s", (int)found.size, found.data);
    buffer_free(&content);
    return value[0] != '\0';
}

int preference_get_int(const char *key, int fallback)
{
    char text[32];
    int64_t value;
    bool good = preference_get(key, text, sizeof text) && text_to_int64(text_of(text), &value) &&
                value >= -1000000 && value <= 1000000;
    return good ? (int)value : fallback;
}

bool preference_set(const char *key, const char *value)
{
    struct buffer before = {0}, after = {0};
    struct text line, name, ignored;
    char *directory = folder();
    if (!directory)
        return false;
    read_file(&before);
    for (struct text rest = buffer_text(&before); text_next_line(&rest, &line);)
        if (!split(line, &name, &ignored) || !text_is(name, key)) {
            buffer_add_text(&after, line);
            buffer_add_char(&after, '\n');
        }
    buffer_printf(&after, "%s = %s\n", key, value);
    char *path = path_join(directory, "ui.conf");
    bool good =
        directory_make(directory, NULL) && file_write_whole(path, buffer_text(&after), 0600, NULL);
    free(path);
    free(directory);
    buffer_free(&before);
    buffer_free(&after);
    return good;
}

bool preference_set_int(const char *key, int value)
{
    char text[16];
    snprintf(text, sizeof text, "%d", value);
    return preference_set(key, text);
}
