#include "ui/script.h"

#include <ncurses.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "ui/app_loop.h"
#include "ui/canvas_spans.h"
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

/* What is typed into and looked at. */
struct stage {
    void *screen;
    bool (*key)(void *screen, int key); /* false = no more keys for this one */
    void (*draw)(void *screen, struct canvas *canvas);
    void (*wait)(void *screen);
    bool ascii;
};

/* The file, and how far it was played. Of the process, as the keys of a person are: what one screen
 * did not take is there for the next. */
static struct {
    char *path;
    struct buffer content;
    size_t played;
    int line;
    int rows, cols;
} script;

static bool open_script(const char *path, struct error *error)
{
    if (script.path && strcmp(script.path, path) == 0)
        return true;
    free(script.path);
    script.path = xstrdup(path);
    buffer_clear(&script.content);
    script.played = 0;
    script.line = 0;
    script.rows = 24;
    script.cols = 80;
    return file_read(path, &script.content, error);
}

/* ---- commands ---- */

static char *beside_script(struct text name)
{
    const char *base = path_base(script.path);
    int folder_size = name.data[0] == '/' ? 0 : (int)(base - script.path);
    return xasprintf("%.*s%.*s", folder_size, script.path, (int)name.size, name.data);
}

static bool write_screen(const struct stage *stage, struct text name,
                         void (*write)(const struct canvas *canvas, FILE *out), struct error *error)
{
    char *path = beside_script(name);
    struct canvas canvas;
    canvas_init(&canvas, script.rows, script.cols, stage->ascii);
    stage->draw(stage->screen, &canvas);
    FILE *out = fopen(path, "we");
    if (out)
        write(&canvas, out);
    bool ok = out && fclose(out) == 0;
    if (!ok)
        error_set(error, "cannot write %s", path);
    canvas_free(&canvas);
    free(path);
    return ok;
}

static bool command(const struct stage *stage, struct text line, struct error *error)
{
    static const struct {
        const char *words;
        void (*write)(const struct canvas *canvas, FILE *out);
    } writers[] = {
        {":dump ", canvas_dump}, {":roles ", canvas_dump_roles}, {":marks ", canvas_dump_marks}};
    for (size_t i = 0; i < ARRAY_SIZE(writers); i++) {
        size_t size = strlen(writers[i].words);
        if (line.size > size && text_starts_with(line, writers[i].words))
            return write_screen(stage, (struct text){line.data + size, line.size - size},
                                writers[i].write, error);
    }
    if (text_is(line, ":wait")) {
        stage->wait(stage->screen);
        return true;
    }
    char rest[64];
    snprintf(rest, sizeof rest, "%.*s", (int)line.size, line.data);
    return sscanf(rest, ":size %d %d", &script.rows, &script.cols) == 2 && script.rows > 0 &&
           script.rows <= 1000 && script.cols > 0 && script.cols <= 1000;
}

/* ---- keys ---- */

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

/* Cuts the next word off; empty at the end of the line. */
static struct text next_word(struct text *line)
{
    *line = text_trim(*line);
    const char *blank = memchr(line->data, ' ', line->size);
    struct text word = {line->data, blank ? (size_t)(blank - line->data) : line->size};
    *line = (struct text){line->data + word.size, line->size - word.size};
    return word;
}

/* One line, or what is left of it. False at what is neither a key nor a command. */
static bool play_line(const struct stage *stage, struct text line, bool *more, struct error *error)
{
    struct text word;
    if (line.size > 1 && line.data[0] == ':')
        return command(stage, line, error);
    while (*more && (word = next_word(&line)).size) {
        int key = 0;
        if (!find_key(word, &key))
            return false;
        *more = stage->key(stage->screen, key);
    }
    if (!*more) { /* the rest of this line is for the next screen */
        script.played = (size_t)(line.data - script.content.data);
        script.line--;
    }
    return true;
}

/* `done` when the screen takes no more keys. */
static bool play(const struct stage *stage, const char *path, bool *done, struct error *error)
{
    bool more = true, ok = open_script(path, error);
    struct text line;
    while (ok && more) {
        struct text rest = {buffer_text(&script.content).data + script.played,
                            script.content.size - script.played};
        if (!text_next_line(&rest, &line))
            break;
        script.line++;
        script.played = (size_t)(rest.data - script.content.data);
        line = text_trim(line);
        if (line.size == 0 || line.data[0] == '#')
            continue;
        ok = play_line(stage, line, &more, error);
        if (!ok && !error->text[0])
            error_set(error, "%s:%d: this is no key and no command", path, script.line);
    }
    *done = !more;
    return ok;
}

/* ---- a run's screens ---- */

struct app_stage {
    const struct app_settings *settings;
    struct ui ui;
};

static bool app_stage_key(void *screen, int key)
{
    struct app_stage *stage = screen;
    app_key(&stage->ui, key);
    if (stage->ui.wish == WISH_COPY)
        app_keep_copy(&stage->ui);
    stage->ui.wish = WISH_GO_ON;
    return true;
}

static void app_stage_draw(void *screen, struct canvas *canvas)
{
    struct app_stage *stage = screen;
    frame_draw(&stage->ui, canvas);
}

static void app_stage_wait(void *screen)
{
    struct app_stage *stage = screen;
    do {
        app_look(&stage->ui, stage->settings);
        usleep(20000);
    } while (stage->settings->benchmark && stage->ui.state != STATE_FINISHED &&
             stage->ui.state != STATE_WAITING);
}

bool script_play(const struct app_settings *settings, const char *path, struct error *error)
{
    struct app_stage app = {.settings = settings};
    struct benchmark *benchmark = settings->benchmark;
    bool done;
    app_init(&app.ui, settings);
    app_look(&app.ui, settings);
    struct stage stage = {.screen = &app,
                          .key = app_stage_key,
                          .draw = app_stage_draw,
                          .wait = app_stage_wait,
                          .ascii = app.ui.ascii};
    bool ok = play(&stage, path, &done, error);
    if (benchmark && benchmark->stay && ok) {
        app_stage_wait(&app);
        benchmark_stop(benchmark);
    }
    app_free(&app.ui);
    return ok;
}

/* ---- a page ---- */

struct sheet_stage {
    const struct sheet *sheet;
    void *page;
};

static bool sheet_stage_key(void *screen, int key)
{
    struct sheet_stage *stage = screen;
    return stage->sheet->key(stage->page, key);
}

static void sheet_stage_draw(void *screen, struct canvas *canvas)
{
    struct sheet_stage *stage = screen;
    stage->sheet->draw(stage->page, canvas);
}

static void sheet_stage_wait(void *screen)
{
    struct sheet_stage *stage = screen;
    while (stage->sheet->look && stage->sheet->look(stage->page))
        ;
}

bool script_play_sheet(const struct sheet *sheet, void *page, bool ascii, const char *path,
                       bool *done, struct error *error)
{
    struct sheet_stage shown = {sheet, page};
    struct stage stage = {.screen = &shown,
                          .key = sheet_stage_key,
                          .draw = sheet_stage_draw,
                          .wait = sheet_stage_wait,
                          .ascii = ascii};
    return play(&stage, path, done, error);
}
