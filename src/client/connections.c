#include "client/connections.h"

#include "base/clock.h"
#include "client/arrival.h"

/* Connections opened side by side before a round: well below any server's backlog. */
#define OPENING_AT_ONCE 64
#define TIMEOUT_S       4.0

static size_t ignore_body(char *data, size_t size, size_t count, void *context)
{
    (void)data, (void)context;
    return size * count;
}

static int stamp_opened_socket(void *context, curl_socket_t fd, curlsocktype purpose)
{
    (void)context, (void)purpose;
    arrival_enable(fd);
    return CURL_SOCKOPT_OK;
}

void connections_open(struct worker *worker)
{
    const struct transfer_settings *settings = worker->owner.settings;
    const struct work *work = worker->current;
    uint32_t wanted = worker->quota;
    if (now_ns() >= work->deadline_ns || control_must_end(worker->control))
        wanted = worker->opened + worker->opening;
    while (worker->opening < OPENING_AT_ONCE && worker->opened + worker->opening < wanted) {
        CURL *easy = curl_easy_init();
        if (!easy)
            return;
        http_apply_settings(easy, settings->http);
        curl_easy_setopt(easy, CURLOPT_PRIVATE, NULL);
        curl_easy_setopt(easy, CURLOPT_URL, work->connections_url);
        curl_easy_setopt(easy, CURLOPT_HTTPHEADER, settings->headers);
        curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, ignore_body);
        curl_easy_setopt(easy, CURLOPT_SOCKOPTFUNCTION, stamp_opened_socket);
        curl_easy_setopt(easy, CURLOPT_FRESH_CONNECT, 1L);
        curl_easy_setopt(easy, CURLOPT_TIMEOUT_MS, clock_real_ms(TIMEOUT_S));
        curl_multi_add_handle(worker->multi, easy);
        worker->opening++;
    }
    if (worker->opening == 0)
        worker->drained = true;
}
