/* What the picker knows of a run without reading all of it: the journal's two ends, figures.csv,
 * and the notes in timeline.csv. */
#include <dirent.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "base/memory.h"
#include "report/files.h"
#include "result/journal.h"
#include "result/summary.h"
#include "ui/picker.h"

/* A journal without figures.csv (its run was cut off) is read whole up to this size. */
enum { READ_WHOLE_BYTES = 32 << 20 };
/* What is decided about a run later stands behind its end. */
enum { TAIL_BYTES = 64 << 10 };

/* ---- the journal ---- */

static bool finished(FILE *journal)
{
    char tail[TAIL_BYTES];
    struct stat status;
    if (fstat(fileno(journal), &status) != 0)
        return false;
    off_t from = status.st_size > TAIL_BYTES ? status.st_size - TAIL_BYTES : 0;
    ssize_t size = pread(fileno(journal), tail, sizeof tail, from);
    static const char end[] = "\"reason\":\"finished\"";
    return size > 0 && memmem(tail, (size_t)size, end, sizeof end - 1);
}

static uint64_t bytes_of(const char *directory)
{
    uint64_t bytes = 0;
    DIR *folder = opendir(directory);
    for (struct dirent *entry; folder && (entry = readdir(folder));) {
        struct stat status;
        if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 &&
            S_ISREG(status.st_mode))
            bytes += (uint64_t)status.st_size;
    }
    if (folder)
        closedir(folder);
    return bytes;
}

/* ---- figures ---- */

enum column {
    COLUMN_LEVEL,
    COLUMN_CONCURRENCY,
    COLUMN_RATE,
    COLUMN_ROUND,
    COLUMN_SEGMENT,
    COLUMN_TURN,
    COLUMN_METRIC,
    COLUMN_STATISTIC,
    COLUMN_VALUE,
    COLUMN_NOTE,
    COLUMN_COUNT
};

static const char *const column_names[] = {
    [COLUMN_LEVEL] = "level",   [COLUMN_CONCURRENCY] = "concurrency", [COLUMN_RATE] = "rate",
    [COLUMN_ROUND] = "round",   [COLUMN_SEGMENT] = "segment",         [COLUMN_TURN] = "turn",
    [COLUMN_METRIC] = "metric", [COLUMN_STATISTIC] = "statistic",     [COLUMN_VALUE] = "value",
    [COLUMN_NOTE] = "note",
};

struct tally {
    unsigned columns[32]; /* what each of the file's is; COLUMN_COUNT = nothing that is read */
    int64_t level;        /* the last one seen */
    bool hidden;          /* it was, as a failed experiment */
    double cold_ms;       /* of its first round; NaN = none yet */
    double succeeded, met;
    bool has_slo;
};

/* One cell of a line, with its quotes. */
static struct text take_cell(struct text *line)
{
    bool quoted = false;
    size_t size = 0;
    for (; size < line->size && (quoted || line->data[size] != ','); size++)
        quoted ^= line->data[size] == '"';
    struct text cell = {line->data, size};
    size_t taken = size < line->size ? size + 1 : size;
    *line = (struct text){line->data + taken, line->size - taken};
    return cell;
}

/* By the names at the head: files of other versions have other columns. */
static void take_head(struct tally *tally, struct text line)
{
    for (size_t i = 0; i < ARRAY_SIZE(tally->columns); i++) {
        struct text cell = take_cell(&line);
        unsigned column = 0;
        while (column < COLUMN_COUNT && !text_is(cell, column_names[column]))
            column++;
        tally->columns[i] = column;
    }
}

static void split(const struct tally *tally, struct text line, struct text cells[COLUMN_COUNT])
{
    for (size_t i = 0; i < ARRAY_SIZE(tally->columns); i++) {
        struct text cell = take_cell(&line);
        if (tally->columns[i] < COLUMN_COUNT)
            cells[tally->columns[i]] = cell;
    }
}

static bool is_hidden(struct text note)
{
    if (note.size && note.data[0] == '"')
        note = (struct text){note.data + 1, note.size - 1};
    return text_starts_with(note, "hidden") &&
           (note.size == sizeof "hidden" - 1 || note.data[sizeof "hidden" - 1] == ';');
}

static void add_level(struct picker_run *run, struct text concurrency, struct text rate)
{
    size_t size = strlen(run->levels);
    struct text load = rate.size ? rate : concurrency;
    snprintf(run->levels + size, sizeof run->levels - size, "%s%.*s%s", size ? " " : "",
             (int)load.size, load.data, rate.size ? "/s" : "");
}

/* Of the last level that has a later round; while none has, of the first level. What was tried last
 * is what a user looks for. */
static void take_ttft(struct picker_run *run, double *cold_ms, bool first_round, double ttft_ms)
{
    if (first_round) {
        *cold_ms = ttft_ms;
        if (isnan(run->cold_ttft_ms))
            run->cold_ttft_ms = ttft_ms;
    } else if (!isnan(*cold_ms)) {
        run->cold_ttft_ms = *cold_ms;
        run->warm_ttft_ms = ttft_ms;
    }
}

static void take_figure(struct picker_run *run, struct tally *tally, struct text line)
{
    struct text cells[COLUMN_COUNT] = {0};
    int64_t level, round;
    double value;
    split(tally, line, cells);
    if (cells[COLUMN_SEGMENT].size || cells[COLUMN_TURN].size ||
        !text_to_int64(cells[COLUMN_LEVEL], &level) || !text_to_int64(cells[COLUMN_ROUND], &round))
        return;
    if (level != tally->level) {
        tally->hidden = is_hidden(cells[COLUMN_NOTE]);
        if (!tally->hidden)
            add_level(run, cells[COLUMN_CONCURRENCY], cells[COLUMN_RATE]);
        tally->cold_ms = NO_VALUE;
    }
    tally->level = level;
    if (tally->hidden)
        return;
    if (!text_to_double(cells[COLUMN_VALUE], &value))
        return;
    struct text metric = cells[COLUMN_METRIC], statistic = cells[COLUMN_STATISTIC];
    if (text_is(metric, "ttft") && text_is(statistic, "p50"))
        take_ttft(run, &tally->cold_ms, round == 1, value);
    if (text_is(metric, "requests") && text_is(statistic, "succeeded"))
        tally->succeeded += value;
    if (text_is(metric, "slo_met") && text_is(statistic, "requests")) {
        tally->has_slo = true;
        tally->met += value;
    }
}

static bool read_figures(struct picker_run *run, const char *directory)
{
    char *path = path_join(directory, "figures.csv");
    struct buffer content = {0};
    bool good = file_read(path, &content, NULL);
    struct text rest = buffer_text(&content), line;
    struct tally tally = {0};
    if (good && text_next_line(&rest, &line))
        take_head(&tally, line);
    while (good && text_next_line(&rest, &line))
        take_figure(run, &tally, line);
    if (tally.has_slo && tally.succeeded > 0)
        run->slo_share = tally.met / tally.succeeded;
    buffer_free(&content);
    free(path);
    return good;
}

static void take_note(void *picked, struct text note)
{
    picker_run_add_note(picked, note);
}

static void read_notes(struct picker_run *run, const char *directory)
{
    static const char word[] = "note: ";
    char *path = path_join(directory, "timeline.csv");
    struct buffer content = {0};
    bool good = file_read(path, &content, NULL);
    struct text rest = buffer_text(&content), line;
    while (good && text_next_line(&rest, &line))
        if (memmem(line.data, line.size, word, sizeof word - 1))
            csv_timeline_notes(line, take_note, run);
    buffer_free(&content);
    free(path);
}

static void take_changes(struct picker_run *picked, const struct run *run)
{
    uint32_t count = run ? changes_count(&run->changes) : 0;
    for (uint32_t i = 0; i < count; i++) {
        const struct change *change = changes_at(&run->changes, i);
        if (strcmp(change->kind, "note") == 0)
            picker_run_add_note(picked, text_of(change->text));
    }
}

/* The same from the records, where no file has it. */
static void read_records(struct picker_run *picked, const char *path)
{
    struct stat status;
    if (stat(path, &status) != 0 || status.st_size > READ_WHOLE_BYTES)
        return;
    struct run *run = journal_read(path, NULL);
    uint32_t met = 0, succeeded = 0;
    for (uint32_t i = 0; run && i < run->level_count; i++) {
        const struct level *level = run->levels[i];
        char load[24];
        if (level->hidden)
            continue;
        snprintf(load, sizeof load, "%g", level->rate > 0 ? level->rate : level->concurrency);
        add_level(picked, text_of(level->rate > 0 ? "" : load),
                  text_of(level->rate > 0 ? load : ""));
        double cold_ms = NO_VALUE;
        for (uint32_t j = 0; j < level->round_count; j++) {
            struct summary summary;
            summary_make(&summary, run, level, &level->rounds[j]);
            if (summary.metrics[METRIC_TTFT].count)
                take_ttft(picked, &cold_ms, j == 0, summary.metrics[METRIC_TTFT].p50 / 1e6);
            met += summary.slo_met_requests;
            succeeded += summary.counts.succeeded;
            if (summary.has_slo && succeeded)
                picked->slo_share = (double)met / succeeded;
            summary_free(&summary);
        }
    }
    take_changes(picked, run);
    run_free(run);
}

/* ---- a run ---- */

void picker_run_add_note(struct picker_run *run, struct text note)
{
    run->notes = xreallocarray(run->notes, run->note_count + 1u, sizeof *run->notes);
    run->notes[run->note_count++] = xstrndup(note.data, note.size);
}

static char *copy_or_null(const char *text)
{
    return text && *text ? xstrdup(text) : NULL;
}

bool picker_run_read(struct picker_run *picked, const char *directory)
{
    char *path = path_join(directory, "journal.jsonl");
    FILE *journal = fopen(path, "re");
    struct run *run = journal ? journal_read_head(journal) : NULL;
    *picked = (struct picker_run){
        .cold_ttft_ms = NO_VALUE, .warm_ttft_ms = NO_VALUE, .slo_share = NO_VALUE};
    if (run) {
        picked->directory = xstrdup(directory);
        picked->model = copy_or_null(run->model);
        picked->server = copy_or_null(run->engine);
        if (run->note && run->note[0])
            picker_run_add_note(picked, text_of(run->note));
        picked->start_wall_ns = run->anchor.wall_ns;
        picked->on = journal_is_locked(path);
        picked->cut = !picked->on && !finished(journal);
        picked->bytes = bytes_of(directory);
        if (read_figures(picked, directory))
            read_notes(picked, directory);
        else
            read_records(picked, path);
    }
    if (journal)
        fclose(journal);
    free(path);
    run_free(run);
    return picked->directory != NULL;
}

void picker_run_free(struct picker_run *run)
{
    free(run->directory);
    free(run->model);
    free(run->server);
    for (uint32_t i = 0; i < run->note_count; i++)
        free(run->notes[i]);
    free(run->notes);
}
