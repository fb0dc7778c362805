/* A page of metrics of 20,000 lines: how long it takes to read, or, as `metrics_page serve`, a
 * server of it on any free port, which it prints. */
#include <arpa/inet.h>
#include <math.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "telemetry/watch_list.h"

#define LINES 21180 /* of which 20,000 are samples */
#define TIMES 50

/* As a server with many engines and models would have it: histograms for the most part. */
static void write_page(struct buffer *page)
{
    uint32_t lines = 0;
    for (unsigned model = 0; lines < LINES - 40; model++) {
        char name[64];
        snprintf(name, sizeof name,
                 model ? "vllm:work_%u_seconds" : "vllm:time_to_first_token_seconds", model);
        buffer_printf(page, "# HELP %s Histogram of something in seconds.\n# TYPE %s histogram\n",
                      name, name);
        for (unsigned bound = 1; bound <= 32; bound++, lines++)
            buffer_printf(page,
                          "%s_bucket{engine=\"0\",le=\"%g\",model_name=\"meta-llama/"
                          "Meta-Llama-3-8B-Instruct-%u\"} %u.0\n",
                          name, bound * 0.025, model, bound * 1234);
        buffer_printf(page,
                      "%s_sum{engine=\"0\",model_name=\"meta-llama/Meta-Llama-3-8B-Instruct-%u\"} "
                      "%.9f\n%s_count{engine=\"0\",model_name=\"meta-llama/"
                      "Meta-Llama-3-8B-Instruct-%u\"} 41234.0\n",
                      name, model, model * 1.234567891, name, model);
        lines += 4;
    }
    while (lines++ < LINES)
        buffer_printf(page, "vllm:num_requests_running{engine=\"%u\"} 1.0\n", lines);
}

static int measure(struct text text)
{
    struct metrics_page page = {.kind = PAGE_TEXT};
    struct watch_list list;
    struct catalog catalog = {0};
    uint64_t least_ns = UINT64_MAX, look_ns;
    uint32_t broken = 0, samples = 0;
    watch_list_init(&list, NULL, 0, NULL);
    look_ns = now_ns();
    catalog_add_page(&catalog, text);
    watch_list_resolve(&list, 0, &page, &catalog, false);
    look_ns = now_ns() - look_ns;
    for (int i = 0; i < TIMES; i++) {
        uint64_t start_ns = now_ns();
        columns_clear(&list.columns);
        samples = columns_read(&list.columns, 0, text, &broken);
        uint64_t took_ns = now_ns() - start_ns;
        least_ns = took_ns < least_ns ? took_ns : least_ns;
    }
    printf("{\"samples\":%u,\"bytes\":%zu,\"columns\":%u,\"broken\":%u,\"read_ms\":%.3f,"
           "\"look_ms\":%.3f}\n",
           samples, text.size, list.columns.count, broken, (double)least_ns / 1e6,
           (double)look_ns / 1e6);
    watch_list_free(&list);
    catalog_free(&catalog);
    return broken ? 1 : 0;
}

static void answer(int fd, struct text page)
{
    char request[4096], head[128];
    ssize_t got = read(fd, request, sizeof request);
    int size = snprintf(head, sizeof head,
                        "HTTP/1.1 200 OK\r\nContent-Type: text/plain; version=0.0.4\r\n"
                        "Connection: close\r\nContent-Length: %zu\r\n\r\n",
                        page.size);
    bool ok = got > 0 && write(fd, head, (size_t)size) == size;
    for (size_t at = 0; ok && at < page.size;) {
        ssize_t sent = write(fd, page.data + at, page.size - at);
        ok = sent > 0;
        at += ok ? (size_t)sent : 0;
    }
    shutdown(fd, SHUT_WR);
    close(fd);
}

static int serve(struct text page)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof address;
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (listener < 0 || bind(listener, (struct sockaddr *)&address, size) != 0 ||
        listen(listener, 16) != 0 || getsockname(listener, (struct sockaddr *)&address, &size) != 0)
        die("cannot listen");
    printf("http://127.0.0.1:%u\n", ntohs(address.sin_port));
    fflush(stdout);
    for (int fd; (fd = accept(listener, NULL, NULL)) >= 0;)
        answer(fd, page);
    return 1;
}

int main(int argc, char **argv)
{
    struct buffer page = {0};
    write_page(&page);
    int status = argc > 1 && strcmp(argv[1], "serve") == 0 ? serve(buffer_text(&page))
                                                           : measure(buffer_text(&page));
    buffer_free(&page);
    return status;
}
