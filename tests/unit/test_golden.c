/* Screens that never change, cell by cell, against those kept in tests/ui: a file for each, with
 * its text, its roles, its attributes and its text in ASCII at each size. With GOLDEN_UPDATE=1
 * (make golden-update) they are written anew: look at what changed before you keep it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "screen_stage.h"
#include "ui/picker.h"
#include "ui/start.h"

#define GOLDEN "tests/ui"

enum what {
    OVER,      /* a run that has ended */
    RUNNING,   /* one that is on */
    ALARMED,   /* and of which an alarm is raised */
    OPEN_LOOP, /* and which begins requests at a rate */
    START,     /* no run yet */
    PICKER,    /* several */
};

/* A screen: what it is of, and how to get there. */
static const struct {
    const char *name, *keys;
    enum what what;
    bool view; /* kept at all sizes; others at 80×24 */
} screens[] = {
    {"live", "", RUNNING, true},
    {"rounds", "2", RUNNING, true},
    {"rounds_level", "2 Enter", OVER, true},
    {"requests", "3 / r o u n d = 2 Enter > > > >", RUNNING, true},
    {"request", "3 > > > > Enter Tab", OVER, true},
    {"metrics", "4", RUNNING, true},
    {"cache", "5 ,", OVER, true},
    {"log", "6 Down Down", RUNNING, true},
    {"tune", "t 1 6", RUNNING, true},
    {"start", "Esc", START, true},
    {"picker", "Down", PICKER, true},
    {"live_done", "1", OVER, false},
    {"live_zoom", "z", RUNNING, false},
    {"live_alarm", "", ALARMED, false},
    {"rounds_compare", "2 Up Up Space Space Space c", OVER, false},
    {"request_failed", "3 f Enter Tab", OVER, false},
    {"request_prompt", "3 > > > > Enter", OVER, false},
    {"request_gaps", "3 > > > > Enter Tab Tab", OVER, false},
    {"tune_rate", "t Down 1 2", OPEN_LOOP, false},
    {"start_field", "Tab Tab", START, false},
    {"picker_filter", "/ q w e n", PICKER, false},
    {"picker_help", "?", PICKER, false},
    {"quit", "q", RUNNING, false},
    {"load", "L", RUNNING, false},
    {"load_question", "L 1 6 Enter", RUNNING, false},
    {"load_rate", "L", OPEN_LOOP, false},
    {"help_live", "?", RUNNING, false},
    {"help_rounds", "2 ?", RUNNING, false},
    {"help_requests", "3 ?", RUNNING, false},
    {"help_metrics", "4 ?", RUNNING, false},
    {"help_cache", "5 ?", RUNNING, false},
    {"help_log", "6 ?", RUNNING, false},
};

static const struct {
    int rows, cols;
    const char *name;
} sizes[] = {{24, 80, "80x24"}, {40, 120, "120x40"}, {60, 200, "200x60"}, {6, 50, "50x6"}};

/* What is written of a screen, and whether it is drawn in ASCII for it. */
static const struct {
    const char *command, *name;
    bool ascii;
} forms[] = {
    {"dump", "", false},
    {"roles", ", roles", false},
    {"marks", ", without colours", false},
    {"dump", ", ASCII", true},
    {"roles", ", ASCII, roles", true},
};

/* ---- pages without a run ---- */

static void play_start(const char *path, bool ascii)
{
    static const struct sheet sheet = {.draw = start_draw, .key = start_key};
    struct error error = {0};
    struct start start;
    bool done;
    start_init(&start);
    start.saved = 3;
    snprintf(start.newest, sizeof start.newest, "2 hours ago");
    start.looked_at = START_PORTS;
    start.servers[0] = (struct found_server){.port = 8000,
                                             .found = true,
                                             .model = "Llama-3-8B " SCREEN_HOSTILE,
                                             .owner = "vllm",
                                             .engine = "vllm 0.11.0",
                                             .has_metrics = true,
                                             .reset_path = "/reset_prefix_cache"};
    if (!script_play_sheet(&sheet, &start, ascii, path, &done, &error))
        fail_msg("%s", error.text);
    start_free(&start);
}

static void add_picked(struct picker *picker, const struct picker_run *run)
{
    struct picker_run *added;
    picker->runs = xreallocarray(picker->runs, picker->count + 1, sizeof *picker->runs);
    added = &picker->runs[picker->count++];
    *added = *run;
    added->directory = xasprintf("results/%u", picker->count);
    added->model = xstrdup(run->model);
    added->server = xstrdup(run->server);
    added->notes = NULL;
    added->note_count = 0;
    for (uint32_t i = 0; i < run->note_count; i++)
        picker_run_add_note(added, text_of(run->notes[i]));
}

static void play_picker(const char *path, bool ascii)
{
    static const struct sheet sheet = {.draw = picker_draw, .key = picker_key};
#define WORDS(words) ((char *)(uintptr_t)(words))
    static char *notes[] = {WORDS("restarted with --max-num-batched-tokens 8192"),
                            WORDS("another neighbour on the machine")};
    static const struct picker_run runs[] = {
        {.model = WORDS("Llama-3-8B"),
         .server = WORDS("vllm 0.11"),
         .notes = notes,
         .note_count = 2,
         .levels = "5 10 20",
         .start_wall_ns = 1795608180204000000u,
         .bytes = 3400000,
         .cold_ttft_ms = 238,
         .warm_ttft_ms = 95,
         .slo_share = 0.99},
        {.model = WORDS("港口 " SCREEN_HOSTILE),
         .server = WORDS("llama.cpp"),
         .levels = "64",
         .start_wall_ns = 1795600080204000000u,
         .bytes = 120000,
         .cut = true,
         .cold_ttft_ms = 802,
         .warm_ttft_ms = (double)NAN,
         .slo_share = 0.41},
        {.model = WORDS("Qwen3-32B"),
         .server = WORDS("sglang"),
         .levels = "8",
         .start_wall_ns = 1795500080204000000u,
         .bytes = 5600000000,
         .on = true,
         .cold_ttft_ms = 1204,
         .warm_ttft_ms = 377,
         .slo_share = (double)NAN},
    };
#undef WORDS
    struct error error = {0};
    struct picker picker = {.folder = "results"};
    bool done;
    for (size_t i = 0; i < ARRAY_SIZE(runs); i++)
        add_picked(&picker, &runs[i]);
    picker_key(&picker, 0x1b); /* all of them pass */
    if (!script_play_sheet(&sheet, &picker, ascii, path, &done, &error))
        fail_msg("%s", error.text);
    picker_free(&picker);
}

/* ---- runs ---- */

static void play_run(const char *path, bool ascii, enum what what)
{
    struct stage stage;
    struct error error = {0};
    set_up(&stage, what != OVER, ascii);
    struct level *level = stage.run->levels[2];
    if (what == ALARMED)
        screen_message(stage.run, stage.settings.frozen_ns, "alarm",
                       "raised: failed>1% (it is 4 %)");
    if (what == OPEN_LOOP) {
        level->rate = stage.benchmark.rate = 20;
        snprintf(level->label, sizeof level->label, "20 req/s");
    }
    if (!script_play(&stage.settings, path, &error))
        fail_msg("%s", error.text);
    tear_down(&stage);
}

/* ---- held against each other ---- */

/* Plays a screen at one size, for all forms that are drawn with these characters; each is in a file
 * by its number. */
static void play_forms(const char *folder, size_t screen, size_t size, bool ascii)
{
    struct buffer script = {0};
    struct error error = {0};
    char *path = xasprintf("%s/script-%zu-%d", folder, size, ascii);
    enum what what = screens[screen].what;
    buffer_printf(&script, ":size %d %d\n%s\n", sizes[size].rows, sizes[size].cols,
                  screens[screen].keys);
    for (size_t i = 0; i < ARRAY_SIZE(forms); i++)
        if (forms[i].ascii == ascii)
            buffer_printf(&script, ":%s %zu-%zu\n", forms[i].command, size, i);
    assert_true(file_write_whole(path, buffer_text(&script), 0600, &error));
    if (what == START)
        play_start(path, ascii);
    else if (what == PICKER)
        play_picker(path, ascii);
    else
        play_run(path, ascii, what);
    buffer_free(&script);
    free(path);
}

/* The form's heading and what was written of it; nothing where ASCII has the same roles. */
static void add_form(struct buffer *out, const char *folder, size_t size, size_t form)
{
    struct buffer written = {0};
    struct error error = {0};
    char *path = xasprintf("%s/%zu-%zu", folder, size, form);
    assert_true(file_read(path, &written, &error));
    if (!memmem(out->data ? out->data : "", out->size, written.data, written.size))
        buffer_printf(out, "=== %s%s\n%s", sizes[size].name, forms[form].name, written.data);
    buffer_free(&written);
    free(path);
}

static struct text first_that_differs(struct text now, struct text kept)
{
    size_t start = 0;
    for (size_t i = 0; i < now.size && i < kept.size && now.data[i] == kept.data[i]; i++)
        if (text_starts_with((struct text){now.data + i, now.size - i}, "\n==="))
            start = i + 1;
    const char *end = memmem(now.data + start + 1, now.size - start - 1, "\n===", 4);
    return (struct text){now.data + start,
                         end ? (size_t)(end - now.data) - start : now.size - start};
}

static void compare(const char *name, struct text now)
{
    struct buffer kept = {0};
    struct error error = {0};
    char *path = path_join(GOLDEN, name);
    if (getenv("GOLDEN_UPDATE"))
        assert_true(file_write_whole(path, now, 0644, &error));
    if (!file_read(path, &kept, &error) || !text_equal(now, buffer_text(&kept))) {
        struct text differs = first_that_differs(now, buffer_text(&kept));
        fail_msg("%s is another screen now:\n%.*s\nmake golden-update keeps it", name,
                 (int)differs.size, differs.data);
    }
    buffer_free(&kept);
    free(path);
}

static void screens_are_as_they_were_kept(void **state)
{
    (void)state;
    for (size_t i = 0; i < ARRAY_SIZE(screens); i++) {
        struct buffer now = {0};
        char folder[] = "/tmp/fluxperf-golden-XXXXXX";
        assert_non_null(mkdtemp(folder));
        for (size_t j = 0; j < (screens[i].view ? ARRAY_SIZE(sizes) : 1); j++) {
            play_forms(folder, i, j, false);
            play_forms(folder, i, j, true);
            for (size_t form = 0; form < ARRAY_SIZE(forms); form++)
                add_form(&now, folder, j, form);
        }
        compare(screens[i].name, buffer_text(&now));
        buffer_free(&now);
        remove_folder(folder);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(screens_are_as_they_were_kept),
    };
    setenv("TZ", "UTC", 1);
    return cmocka_run_group_tests_name("golden screens", tests, NULL, NULL);
}
