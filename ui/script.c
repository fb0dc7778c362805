#include "ui/script.h"

#include <ncurses.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "ui/app_loop.h"
#include "ui/frame.h"

static const struct {
    const char *name;
    int key;
} key_names[] = {
    {"Enter", '\n'},      {"Esc", 0x1b},       {"Tab", '\t'},       {"BackTab", KEY_BTAB},
    {"Space", ' '},       {"Up", KEY_UP},      {"Down", KEY_DOWN},  {"Left", KEY_LEFT},
    {"Right", KEY_RIGHT}, {"PgUp", KEY_PPAGE}, {"PgDn", KEY_NPAGE}, {"Home", KEY_HOME},
    {"End", KEY_END},     {"F1", KEY_F(1)},    {"F10", KEY_F(10)},  {"Backspace", KEY_BACKSPACE},
};

struct script {
    const struct app_settings *settings;
    struct ui ui;
    const char *path;
    int rows, cols, line;
};

static bool find_key(struct text word, int *key)
{
    if (word.size == 1)
        *key = (unsigned char)word.data[0];
    else if (word.size == 2 && word.data[0] == '^')
        *key = word.data[1] & 0x1f;
    else
        for (size_t i = 0; i < ARRAY_SIZE(key_names); i++)
            if (text_is(word, key_names[i].name)) {
                *key = key_names[i].key;
                return true;
            }
    return word.size <= 2 && word.size > 0;
}

/* One letter a cell, '.' for plain text and blanks. */
static void dump_roles(const struct canvas *canvas, FILE *out)
{
    static const char letters[ROLE_COUNT] = {
        [ROLE_TEXT] = '.', [ROLE_DIM] = 'd',      [ROLE_TITLE] = 't', [ROLE_BOX] = '-',
        [ROLE_KEY] = 'k',  [ROLE_SELECTED] = 's', [ROLE_GOOD] = 'g',  [ROLE_WARN] = 'w',
        [ROLE_BAD] = 'b',  [ROLE_COLD] = 'C',     [ROLE_WARM] = 'W',  [ROLE_TTFT] = 'T',
        [ROLE_ITL] = 'I',  [ROLE_LOAD] = 'L',     [ROLE_SERVER] = 'S'};
    for (int row = 0; row < canvas->rows; row++) {
        for (int col = 0; col < canvas->cols; col++)
            fputc(letters[canvas->cells[row * canvas->cols + col].style.role], out);
        fputc('\n', out);
    }
}

static bool dump(struct script *script, struct text name, bool roles, struct error *error)
{
    char *file = xstrndup(name.data, name.size), *path = file;
    const char *base = path_base(script->path);
    if (file[0] != '/')
        path = xasprintf("%.*s%s", (int)(base - script->path), script->path, file);
    struct canvas canvas;
    canvas_init(&canvas, script->rows, script->cols, script->ui.ascii);
    frame_draw(&script->ui, &canvas);
    FILE *out = fopen(path, "we");
    if (out)
        (roles ? dump_roles : canvas_dump)(&canvas, out);
    bool ok = out && fclose(out) == 0;
    if (!ok)
        error_set(error, "cannot write %s", path);
    canvas_free(&canvas);
    if (path != file)
        free(path);
    free(file);
    return ok;
}

static void wait_for_end(struct script *script)
{
    struct benchmark *benchmark = script->settings->benchmark;
    do {
        app_look(&script->ui, script->settings);
        usleep(20000);
    } while (benchmark && script->ui.state != STATE_FINISHED && script->ui.state != STATE_WAITING);
}

static bool command(struct script *script, struct text line, struct error *error)
{
    char rest[64];
    if (text_starts_with(line, ":dump "))
        return dump(script, (struct text){line.data + 6, line.size - 6}, false, error);
    if (text_starts_with(line, ":roles "))
        return dump(script, (struct text){line.data + 7, line.size - 7}, true, error);
    if (text_is(line, ":wait")) {
        wait_for_end(script);
        return true;
    }
    snprintf(rest, sizeof rest, "%.*s", (int)line.size, line.data);
    return sscanf(rest, ":size %d %d", &script->rows, &script->cols) == 2 && script->rows > 0 &&
           script->rows <= 1000 && script->cols > 0 && script->cols <= 1000;
}

static bool keys(struct script *script, struct text line)
{
    while ((line = text_trim(line)).size) {
        const char *blank = memchr(line.data, ' ', line.size);
        struct text word = {line.data, blank ? (size_t)(blank - line.data) : line.size};
        int key = 0;
        if (!find_key(word, &key))
            return false;
        app_key(&script->ui, key);
        if (script->ui.wish == WISH_COPY)
            app_keep_copy(&script->ui);
        script->ui.wish = WISH_GO_ON;
        line = (struct text){line.data + word.size, line.size - word.size};
    }
    return true;
}

bool script_play(const struct app_settings *settings, const char *path, struct error *error)
{
    struct script script = {.settings = settings, .path = path, .rows = 24, .cols = 80};
    struct buffer content = {0};
    bool ok = file_read(path, &content, error);
    struct text rest = buffer_text(&content), line;
    app_init(&script.ui, settings);
    app_look(&script.ui, settings);
    while (ok && text_next_line(&rest, &line)) {
        script.line++;
        line = text_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        ok = line.size > 1 && line.data[0] == ':' ? command(&script, line, error)
                                                  : keys(&script, line);
        if (!ok && !error->text[0])
            error_set(error, "%s:%d: this is no key and no command", path, script.line);
    }
    struct benchmark *benchmark = settings->benchmark;
    if (benchmark && benchmark->stay && ok) {
        wait_for_end(&script);
        benchmark_stop(benchmark);
    }
    app_free(&script.ui);
    buffer_free(&content);
    return ok;
}
