/* Connections by real sockets on loopback: which are kept, and how a new one finds its address. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <unistd.h>

#include "base/clock.h"
#include "base/memory.h"
#include "client/channels.h"

struct stage {
    struct loop loop;
    struct sockaddr_storage addresses[2];
    struct http_settings http;
    struct channels channels;
    int listener;
};

/* A socket bound to a free port. It is closed to all before `listen`. */
static int bind_socket(struct sockaddr_storage *address)
{
    struct sockaddr_in *in = (struct sockaddr_in *)address;
    *in = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t size = sizeof *in;
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0 && bind(fd, (struct sockaddr *)in, size) == 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)in, &size), 0);
    return fd;
}

static int begin(void **state)
{
    struct stage *stage = xcalloc(1, sizeof *stage);
    assert_true(loop_init(&stage->loop, NULL));
    stage->listener = bind_socket(&stage->addresses[0]);
    assert_int_equal(listen(stage->listener, 64), 0);
    stage->http = (struct http_settings){
        .addresses = stage->addresses, .address_count = 1, .connect_timeout_s = 10};
    channels_init(&stage->channels, &stage->loop, &stage->http);
    *state = stage;
    return 0;
}

static int end(void **state)
{
    struct stage *stage = *state;
    channels_free(&stage->channels);
    loop_free(&stage->loop);
    close(stage->listener);
    free(stage);
    return 0;
}

/* What the worker does of one that is connecting: 0 when it is connected, else why it failed. */
static int settle(struct stage *stage, struct channel *channel)
{
    for (int i = 0; i < 100; i++) {
        struct loop_ready ready[4];
        size_t count = loop_wait(&stage->loop, now_ns() + 50 * NS_PER_MS, ready, 4);
        int reason = 0;
        struct channel *late = channels_take_late(&stage->channels, now_ns());
        if (late)
            reason = ETIMEDOUT;
        else if (count == 0)
            continue;
        else
            reason = channel_connected(channel);
        if (reason == 0) {
            assert_true(channel_watch(channel, &stage->loop, EPOLLIN));
            channels_note_connected(&stage->channels, channel);
            return 0;
        }
        reason = channels_try_next(&stage->channels, channel, reason);
        if (reason)
            return reason;
    }
    return -1;
}

static struct channel *open_one(struct stage *stage)
{
    struct channel *channel = channels_open(&stage->channels, stage, UINT64_MAX);
    assert_non_null(channel);
    assert_int_equal(settle(stage, channel), 0);
    return channel;
}

static void the_one_that_was_used_last_is_taken_first(void **state)
{
    struct stage *stage = *state;
    struct channel *first = open_one(stage), *second = open_one(stage), *third = open_one(stage);
    channels_put(&stage->channels, first);
    channels_put(&stage->channels, second);
    channels_put(&stage->channels, third);
    assert_ptr_equal(channels_take(&stage->channels), third);
    channels_drop(&stage->channels, second);
    assert_ptr_equal(channels_take(&stage->channels), first);
    assert_null(channels_take(&stage->channels));
    channels_drop(&stage->channels, first);
    channels_drop(&stage->channels, third);
}

static void nothing_is_told_of_one_that_is_closed_though_a_child_still_has_it(void **state)
{
    struct stage *stage = *state;
    struct channel *channel = open_one(stage);
    int server = accept(stage->listener, NULL, NULL), child = dup(channel->fd);
    assert_true(server >= 0 && child >= 0);
    channels_drop(&stage->channels, channel);
    channels_bury(&stage->channels);
    assert_int_equal(write(server, "x", 1), 1);
    struct loop_ready ready[4];
    assert_int_equal(loop_wait(&stage->loop, now_ns() + 50 * NS_PER_MS, ready, 4), 0);
    close(server);
    close(child);
}

static void no_more_are_kept_than_are_wanted(void **state)
{
    struct stage *stage = *state;
    struct channel *first = open_one(stage), *second = open_one(stage), *third = open_one(stage);
    channels_keep_most(&stage->channels, 2);
    channels_put(&stage->channels, first);
    channels_put(&stage->channels, second);
    channels_put(&stage->channels, third);
    assert_int_equal(stage->channels.idle_count, 2);
    assert_int_equal(first->fd, -1); /* the oldest */
    channels_keep_most(&stage->channels, 1);
    assert_int_equal(second->fd, -1);
    channels_bury(&stage->channels);
    assert_ptr_equal(channels_take(&stage->channels), third);
    channels_drop(&stage->channels, third);
}

static void what_the_server_closed_or_wrote_into_is_not_taken(void **state)
{
    struct stage *stage = *state;
    struct channel *channels[3];
    int ends[3];
    for (int i = 0; i < 3; i++) {
        channels[i] = open_one(stage);
        ends[i] = accept(stage->listener, NULL, NULL);
        channels_put(&stage->channels, channels[i]);
    }
    close(ends[2]);
    assert_int_equal(write(ends[1], "x", 1), 1);
    assert_ptr_equal(channels_take(&stage->channels), channels[0]);
    assert_int_equal(stage->channels.idle_count, 0);
    channels_drop(&stage->channels, channels[0]);
    close(ends[0]);
    close(ends[1]);
}

static void where_one_address_refuses_the_next_is_tried_and_remembered(void **state)
{
    struct stage *stage = *state;
    stage->addresses[1] = stage->addresses[0];
    int closed = bind_socket(&stage->addresses[0]);
    stage->http.address_count = 2;
    struct channel *channel = open_one(stage);
    assert_int_equal(channel->address, 1);
    channels_drop(&stage->channels, channel);
    channel = channels_open(&stage->channels, stage, UINT64_MAX);
    assert_int_equal(channel->address, 1);
    assert_int_equal(channel->addresses_tried, 1);
    channels_drop(&stage->channels, channel);
    close(closed);
}

static void when_all_refuse_the_reason_is_told(void **state)
{
    struct stage *stage = *state;
    int closed[] = {bind_socket(&stage->addresses[0]), bind_socket(&stage->addresses[1])};
    stage->http.address_count = 2;
    struct channel *channel = channels_open(&stage->channels, stage, UINT64_MAX);
    if (channel) {
        assert_int_equal(settle(stage, channel), ECONNREFUSED);
        channels_drop(&stage->channels, channel);
    } else {
        assert_int_equal(errno, ECONNREFUSED);
    }
    close(closed[0]);
    close(closed[1]);
}

/* A queue that nobody empties takes no more: what comes then is not answered. */
static int fill(struct sockaddr_storage *address, int fds[static 8])
{
    int listener = bind_socket(address);
    assert_int_equal(listen(listener, 0), 0);
    for (int i = 0; i < 8; i++) {
        fds[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
        if (connect(fds[i], (struct sockaddr *)address, sizeof(struct sockaddr_in)) != 0)
            assert_int_equal(errno, EINPROGRESS);
    }
    return listener;
}

static void an_address_that_swallows_all_leaves_time_for_the_next(void **state)
{
    struct stage *stage = *state;
    int fds[8];
    stage->addresses[1] = stage->addresses[0];
    int full = fill(&stage->addresses[0], fds);
    stage->http.address_count = 2;
    stage->http.connect_timeout_s = 0.4;
    uint64_t begun_ns = now_ns();
    struct channel *channel = open_one(stage);
    assert_int_equal(channel->address, 1);
    assert_true(now_ns() - begun_ns >= 150 * NS_PER_MS);
    channels_drop(&stage->channels, channel);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    close(full);
}

static void connecting_ends_at_its_limit(void **state)
{
    struct stage *stage = *state;
    int fds[8];
    int full = fill(&stage->addresses[0], fds);
    struct channel *channel = channels_open(&stage->channels, stage, 100 * NS_PER_MS);
    assert_non_null(channel);
    assert_int_equal(settle(stage, channel), ETIMEDOUT);
    channels_drop(&stage->channels, channel);
    for (int i = 0; i < 8; i++)
        close(fds[i]);
    close(full);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, begin, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_one_that_was_used_last_is_taken_first),
        TEST(nothing_is_told_of_one_that_is_closed_though_a_child_still_has_it),
        TEST(no_more_are_kept_than_are_wanted),
        TEST(what_the_server_closed_or_wrote_into_is_not_taken),
        TEST(where_one_address_refuses_the_next_is_tried_and_remembered),
        TEST(when_all_refuse_the_reason_is_told),
        TEST(an_address_that_swallows_all_leaves_time_for_the_next),
        TEST(connecting_ends_at_its_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
