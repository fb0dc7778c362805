#include "command/download.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/file.h"
#include "base/http.h"
#include "base/log.h"
#include "base/memory.h"

#define BAR_CELLS 30
#define PERIOD_NS (100 * NS_PER_MS)
#define MEBIBYTE  1048576.0

struct bar {
    bool on;
    uint64_t due_ns, begun_ns, begun_bytes;
};

static void show_bar(void *context, uint64_t done, uint64_t total)
{
    struct bar *bar = context;
    uint64_t now = real_now_ns();
    if (!bar->begun_ns) {
        bar->begun_ns = now;
        bar->begun_bytes = done;
    }
    if (!bar->on || now < bar->due_ns)
        return;
    bar->due_ns = now + PERIOD_NS;
    char line[128], cells[BAR_CELLS + 1];
    double seconds = (double)(now - bar->begun_ns) / 1e9;
    double rate = seconds > 0 ? (double)(done - bar->begun_bytes) / MEBIBYTE / seconds : 0;
    if (total && done <= total) {
        int filled = (int)(done * BAR_CELLS / total);
        for (int i = 0; i < BAR_CELLS; i++)
            cells[i] = i < filled ? '#' : '.';
        cells[BAR_CELLS] = '\0';
        snprintf(line, sizeof line, "%s %3.0f %%  %.1f of %.1f MiB  %.1f MiB/s", cells,
                 100 * (double)done / (double)total, (double)done / MEBIBYTE,
                 (double)total / MEBIBYTE, rate);
    } else {
        snprintf(line, sizeof line, "%.1f MiB  %.1f MiB/s", (double)done / MEBIBYTE, rate);
    }
    log_progress(line);
}

/* "…/data.zip?download=true" → "data.zip" */
static char *name_in_url(const char *url)
{
    const char *path = strstr(url, "://");
    path = path ? path + 3 : url;
    size_t size = strcspn(path, "?#");
    const char *slash = memrchr(path, '/', size);
    const char *name = slash ? slash + 1 : path + size;
    size_t length = (size_t)(path + size - name);
    bool usable = length && length < 200 && name[0] != '.' && !memchr(name, '%', length);
    return usable ? xstrndup(name, length) : xstrdup("download.jsonl");
}

char *download_into(const char *directory, const char *url, struct error *error)
{
    if (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0) {
        error_set(error, "--url %.200s: must begin with http:// or https://", url);
        return NULL;
    }
    if (!directory_make(directory, error))
        return NULL;
    char *name = name_in_url(url), *path = path_join(directory, name);
    free(name);
    if (file_exists(path)) {
        log_info("%s is there already and not fetched again", path);
        return path;
    }
    struct bar bar = {.on = isatty(STDERR_FILENO) == 1};
    struct http_settings settings = {.user_agent = "fluxperf/" FLUXPERF_VERSION,
                                     .connect_timeout_s = 30};
    struct http_download download = {
        .url = url, .path = path, .progress = show_bar, .context = &bar};
    log_info("fetching %s into %s", url, path);
    bool ok = http_download(&settings, &download, error);
    if (bar.on)
        log_progress_end();
    if (ok)
        return path;
    free(path);
    return NULL;
}

bool download_check_is_text(const char *path, struct error *error)
{
    static const struct {
        const char *magic, *is, *unpack;
        bool names_folder; /* " -d FOLDER" goes behind */
    } kinds[] = {
        {"PK\x03\x04", "a zip archive: unpack it with unzip", "unzip ", true},
        {"\x1f\x8b", "compressed by gzip: unpack it with gunzip", "gunzip ", false},
    };
    char head[5] = "";
    FILE *file = directory_exists(path) ? NULL : fopen(path, "re");
    size_t size = file ? fread(head, 1, sizeof head - 1, file) : 0;
    if (file)
        fclose(file);
    for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
        if (size < strlen(kinds[i].magic) ||
            memcmp(head, kinds[i].magic, strlen(kinds[i].magic)) != 0)
            continue;
        int folder = (int)(path_base(path) - path);
        return error_set(error, "%s is %s, then give --input-dir: %s%s%s%.*s", path, kinds[i].is,
                         kinds[i].unpack, path, kinds[i].names_folder ? " -d " : "",
                         kinds[i].names_folder ? (folder ? folder : 1) : 0, folder ? path : ".");
    }
    return true;
}
