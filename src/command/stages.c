#include "command/stages.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/console.h"
#include "base/environment.h"
#include "base/log.h"
#include "base/memory.h"
#include "benchmark/estimate.h"
#include "benchmark/run_directory.h"
#include "command/command.h"
#include "command/session.h"
#include "command/shell.h"
#include "config/options.h"
#include "config/recipe.h"

struct stages {
    struct recipe *recipe;
    struct session *sessions; /* one for each stage */
    size_t count;
    int word_count;
    char *const *words;
    const char *command_line;
    struct signals signals;
    struct plan_total planned; /* of all, by --dry-run */
};

static void set_environment(struct environment *environment, const struct recipe_stage *stage)
{
    for (size_t i = 0; i < stage->env_count; i++)
        environment_set(environment, stage->env[i].name, stage->env[i].value);
}

/* ---- before the first one ---- */

static bool parse_again(const struct stages *stages, struct config *config, struct error *error)
{
    char **copy = xcalloc((size_t)stages->word_count + 1, sizeof *copy);
    for (int i = 0; i < stages->word_count; i++)
        copy[i] = xstrdup(stages->words[i]);
    config_default(config);
    bool ok = options_parse(config, stages->word_count, copy, error) == OPTIONS_RUN;
    for (int i = 0; i < stages->word_count; i++)
        free(copy[i]);
    free(copy);
    return ok;
}

/* What a shell would have to quote becomes a dash: "Stage 1: low" is Stage-1-low. */
static void add_file_name(struct buffer *out, struct text name)
{
    bool dash = false;
    for (size_t i = 0; i < name.size; i++) {
        unsigned char c = (unsigned char)name.data[i];
        bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') ||
                     c == '_' || c == '.' || c >= 0x80;
        if (plain && dash)
            buffer_add_char(out, '-');
        if (plain)
            buffer_add_char(out, (char)c);
        dash = !plain && i > 0;
    }
}

/* DIR/02-name. */
static void give_directory(struct stages *stages, size_t index, const char *parent)
{
    struct config *config = &stages->sessions[index].config;
    struct buffer path = {0};
    buffer_printf(&path, "%s/%02zu-", config->output_dir ? config->output_dir : parent, index + 1);
    add_file_name(&path, text_head(text_of(stages->recipe->stages[index].name), 60));
    free(config->output_dir);
    config->output_dir = buffer_take(&path);
}

static bool prepare_stage(struct stages *stages, size_t index, struct error *error)
{
    const struct recipe_stage *stage = &stages->recipe->stages[index];
    struct session *session = &stages->sessions[index];
    struct environment environment = {0};
    *session = (struct session){
        .command_line = stages->command_line, .stage = stage->name, .signals = &stages->signals};
    set_environment(&environment, stage);
    bool ok = parse_again(stages, &session->config, error) &&
              options_read_environment(&session->config, error) &&
              recipe_apply(stages->recipe, stage, &session->config, error);
    if (ok && stages->count > 1 && session->config.dataset &&
        strcmp(session->config.dataset, "-") == 0)
        ok = error_set(error, "--dataset -: stdin can be read once, and there are %zu stages",
                       stages->count);
    ok = ok && session_prepare(session, error);
    environment_restore(&environment);
    return ok || error_prefix(error, "stage %zu (%s)", index + 1, stage->name);
}

static bool prepare(struct stages *stages, const char *path, struct error *error)
{
    stages->recipe = recipe_read(path, error);
    if (!stages->recipe)
        return false;
    stages->count = stages->recipe->stage_count;
    stages->sessions = xcalloc(stages->count, sizeof *stages->sessions);
    for (size_t i = 0; i < stages->count; i++)
        if (!prepare_stage(stages, i, error))
            return error_prefix(error, "%s", path);
    return true;
}

/* Where several go. A stage that names a directory of its own has its numbered one in that. */
static bool give_directories(struct stages *stages, struct error *error)
{
    char *parent = NULL;
    bool ok = true;
    for (size_t i = 0; ok && i < stages->count; i++) {
        const struct config *config = &stages->sessions[i].config;
        if (!config->output_dir && !parent)
            parent = config->dry_run
                         ? xstrdup("results/<date-time>")
                         : run_directory_make_parent(clock_anchor_read().wall_ns, error);
        ok = config->output_dir || parent;
        if (ok)
            give_directory(stages, i, parent);
    }
    free(parent);
    return ok;
}

/* ---- one stage ---- */

/* Ends at the first that fails, and at a signal that comes meanwhile. */
static bool run_commands(const struct string_list *commands, const char *when,
                         struct signals *signals)
{
    int signal_before = signals->first;
    for (size_t i = 0; i < commands->count && signals->first == signal_before; i++) {
        struct error error = {0};
        log_info("%s: %s", when, commands->values[i]);
        if (!shell_run(commands->values[i], signals, &error)) {
            log_error("%s: %s", when, error.text);
            return false;
        }
    }
    return signals->first == signal_before;
}

static void print_title(const struct stages *stages, size_t index)
{
    const struct recipe_stage *stage = &stages->recipe->stages[index];
    const struct session *session = &stages->sessions[index];
    struct buffer title = {0};
    buffer_printf(&title, "Stage %zu of %zu: %s", index + 1, stages->count, stage->name);
    if (stage->suite)
        buffer_printf(&title, " (%s)", stage->suite);
    if (session->config.json) {
        log_info("%s", title.data);
    } else {
        redact(title.data, title.size);
        if (index)
            console_print(TEXT("\n"));
        console_print(buffer_text(&title));
        console_print(session->config.dry_run ? TEXT("\n\n") : TEXT("\n"));
    }
    buffer_free(&title);
}

static void add_commands(struct buffer *out, const struct string_list *commands, const char *when)
{
    for (size_t i = 0; i < commands->count; i++)
        buffer_printf(out, "%-9s %s\n", when, commands->values[i]);
}

/* Variables by their names only: a value may be a secret. */
static int dry_run_stage(struct stages *stages, size_t index)
{
    const struct recipe_stage *stage = &stages->recipe->stages[index];
    struct session *session = &stages->sessions[index];
    struct buffer text = {0};
    for (size_t i = 0; i < stage->env_count; i++)
        buffer_printf(&text, "%s%s", i ? ", " : "env       ", stage->env[i].name);
    buffer_add_string(&text, stage->env_count ? "\n" : "");
    add_commands(&text, &stage->before, "before");
    add_commands(&text, &stage->after, "after");
    redact(text.data, text.size);
    console_print(buffer_text(&text));
    buffer_free(&text);

    int status = session_run(session);
    stages->planned.requests += session->planned.requests;
    stages->planned.seconds += session->planned.seconds;
    session_free(session);
    return status;
}

static int run_stage(struct stages *stages, size_t index)
{
    const struct recipe_stage *stage = &stages->recipe->stages[index];
    struct session *session = &stages->sessions[index];
    struct signals *signals = &stages->signals;
    struct environment environment = {0};
    int status = EXIT_NOTHING_DONE;
    print_title(stages, index);
    if (session->config.dry_run)
        return dry_run_stage(stages, index);

    set_environment(&environment, stage);
    if (run_commands(&stage->before, "before", signals))
        status = session_run(session);
    /* Also where something failed: they may stop what the first ones started. */
    if (!run_commands(&stage->after, "after", signals))
        status = EXIT_NOTHING_DONE;
    session_free(session);
    environment_restore(&environment);
    return status;
}

/* ---- all of them ---- */

static int graver(int a, int b)
{
    static const int gravity[] = {
        [EXIT_OK] = 0, [EXIT_CONDITION] = 1, [EXIT_NOTHING_DONE] = 2, [EXIT_USAGE] = 3};
    return gravity[b] > gravity[a] ? b : a;
}

/* A stage that fails does not keep the later ones from their turn. */
static int run_all(struct stages *stages)
{
    int status = EXIT_OK;
    for (size_t i = 0; i < stages->count && !stages->signals.first; i++) {
        int stage_status = run_stage(stages, i);
        if (!stages->signals.first)
            status = graver(status, stage_status);
    }
    return signals_status(&stages->signals, status);
}

static void print_total(const struct stages *stages)
{
    if (stages->count < 2 || stages->planned.requests == 0)
        return;
    struct buffer text = {0};
    buffer_printf(&text, "\n%zu stages: %" PRIu64 " requests, in about ", stages->count,
                  stages->planned.requests);
    estimate_format(stages->planned.seconds, &text);
    buffer_add_char(&text, '\n');
    console_print(buffer_text(&text));
    buffer_free(&text);
}

int stages_run(const char *path, int word_count, char *const *words, const char *command_line)
{
    struct stages stages = {.word_count = word_count, .words = words, .command_line = command_line};
    struct error error = {0};
    int status = EXIT_OK;
    if (!prepare(&stages, path, &error))
        status = EXIT_USAGE;
    else if (stages.count > 1 && !give_directories(&stages, &error))
        status = EXIT_NOTHING_DONE;
    if (status != EXIT_OK) {
        log_error("%s", error.text);
    } else {
        signals_block(&stages.signals);
        console_begin();
        status = run_all(&stages);
        print_total(&stages);
        signals_let_out(&stages.signals);
        console_end();
    }
    for (size_t i = 0; i < stages.count; i++)
        session_free(&stages.sessions[i]);
    free(stages.sessions);
    recipe_delete(stages.recipe);
    return status;
}
