#include "benchmark/needs.h"

#include <inttypes.h>
#include <stdio.h>
#include <sys/resource.h>

#include "base/file.h"
#include "base/log.h"

/* Descriptors besides the streams': files, epoll, the screen, the C library's. */
#define DESCRIPTORS_BESIDE 64
/* Measured by `make bench`: fluxperf's own, without the kernel's buffers; and with libcurl's, which
 * the built-in server's end of a stream takes no more than. */
#define PLAIN_STREAM_BYTES (8u << 10)
#define CURL_STREAM_BYTES  (28u << 10)

static uint64_t port_limit(void)
{
    struct buffer range = {0};
    unsigned first, last;
    bool known = file_read("/proc/sys/net/ipv4/ip_local_port_range", &range, NULL) &&
                 sscanf(buffer_text(&range).data, "%u %u", &first, &last) == 2 && last >= first;
    buffer_free(&range);
    return known ? (uint64_t)last - first + 1 : UINT64_MAX;
}

static uint64_t memory_free_bytes(void)
{
    struct buffer all = {0};
    uint64_t bytes = UINT64_MAX, kib;
    if (file_read("/proc/meminfo", &all, NULL)) {
        struct text rest = buffer_text(&all), line;
        while (text_next_line(&rest, &line))
            if (sscanf(line.data, "MemAvailable: %" SCNu64, &kib) == 1)
                bytes = kib << 10;
    }
    buffer_free(&all);
    return bytes;
}

/* As client/plain_transport will see it, but for what is rare. */
static bool is_plain(const struct config *config)
{
    bool https = config->endpoint && text_starts_with(text_of(config->endpoint), "https:");
    return !https && !config->proxy && !config->unix_socket && !config->http2;
}

struct needs needs_of(const struct config *config, uint64_t streams, bool builtin_server)
{
    uint64_t ends = builtin_server ? 2 : 1;
    uint64_t bytes = is_plain(config) ? PLAIN_STREAM_BYTES : CURL_STREAM_BYTES;
    bool own_ports = !config->unix_socket && !config->http2;
    struct rlimit limit = {.rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_NOFILE, &limit);
    return (struct needs){.streams = streams,
                          .descriptors = streams * ends + DESCRIPTORS_BESIDE,
                          .descriptor_limit = limit.rlim_max,
                          .ports = own_ports ? streams : 0,
                          .port_limit = port_limit(),
                          .memory_bytes = streams * (bytes + (ends - 1) * CURL_STREAM_BYTES),
                          .memory_free_bytes = memory_free_bytes()};
}

static void raise_descriptor_limit(void)
{
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == limit.rlim_max)
        return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

bool needs_met(const struct needs *needs, struct error *error)
{
    if (needs->descriptors > needs->descriptor_limit)
        return error_set(error,
                         "%" PRIu64 " streams at once need %" PRIu64
                         " file descriptors, the limit is %" PRIu64
                         ": lower --concurrency, or raise the limit (ulimit -Hn)",
                         needs->streams, needs->descriptors, needs->descriptor_limit);
    if (needs->ports > needs->port_limit)
        return error_set(error,
                         "%" PRIu64 " streams to one server need as many local ports, this machine "
                         "gives %" PRIu64 ": lower --concurrency, or widen the range (sysctl "
                         "net.ipv4.ip_local_port_range)",
                         needs->streams, needs->port_limit);
    if (needs->memory_bytes > needs->memory_free_bytes)
        log_warning("%" PRIu64 " streams at once may need %" PRIu64 " MiB of memory, %" PRIu64
                    " MiB are free",
                    needs->streams, needs->memory_bytes >> 20, needs->memory_free_bytes >> 20);
    raise_descriptor_limit();
    return true;
}

static void print_limit(struct buffer *out, uint64_t limit)
{
    if (limit != UINT64_MAX)
        buffer_printf(out, " (of %" PRIu64 ")", limit);
}

void needs_print(const struct needs *needs, struct buffer *out)
{
    buffer_printf(out, "needs     %" PRIu64 " file descriptors", needs->descriptors);
    print_limit(out, needs->descriptor_limit);
    if (needs->ports) {
        buffer_printf(out, ", %" PRIu64 " local ports", needs->ports);
        print_limit(out, needs->port_limit);
    }
    uint64_t mib = needs->memory_bytes >> 20;
    buffer_printf(out, ", %s%" PRIu64 " MiB of memory", mib ? "about " : "less than ",
                  mib ? mib : 1);
    print_limit(out, needs->memory_free_bytes == UINT64_MAX ? UINT64_MAX
                                                            : needs->memory_free_bytes >> 20);
    buffer_add_char(out, '\n');
}
