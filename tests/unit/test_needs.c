/* What many streams take from a machine: counted before the first request, and refused with the
 * figures. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "benchmark/needs.h"

static const struct needs room = {.streams = 100,
                                  .descriptors = 164,
                                  .descriptor_limit = 1024,
                                  .ports = 100,
                                  .port_limit = 28232,
                                  .memory_bytes = 1 << 20,
                                  .memory_free_bytes = 1 << 30};

static void each_stream_takes_a_descriptor_and_a_port(void **state)
{
    (void)state;
    struct config config = {0};
    struct needs needs = needs_of(&config, 1000, false);
    assert_int_equal(needs.descriptors, 1064);
    assert_int_equal(needs.ports, 1000);
    assert_int_equal(needs.memory_bytes, 1000 * 8 << 10);
}

static void libcurl_takes_more_memory_for_each_stream(void **state)
{
    (void)state;
    char https[] = "https://far:8000/v1/chat/completions",
         plain[] = "http://near:8000/v1/completions";
    struct config config = {.endpoint = plain};
    uint64_t bytes = needs_of(&config, 1000, false).memory_bytes;
    config.endpoint = https;
    assert_true(needs_of(&config, 1000, false).memory_bytes > 3 * bytes);
    config = (struct config){.endpoint = plain, .proxy = https};
    assert_true(needs_of(&config, 1000, false).memory_bytes > 3 * bytes);
}

static void the_built_in_server_doubles_the_descriptors(void **state)
{
    (void)state;
    struct config config = {0};
    struct needs needs = needs_of(&config, 1000, true);
    assert_int_equal(needs.descriptors, 2064);
    assert_int_equal(needs.ports, 1000);
}

static void a_unix_socket_and_http2_take_no_port_for_each(void **state)
{
    (void)state;
    char path[] = "/tmp/server";
    struct config config = {.unix_socket = path};
    assert_int_equal(needs_of(&config, 1000, false).ports, 0);
    config = (struct config){.http2 = true};
    assert_int_equal(needs_of(&config, 1000, false).ports, 0);
}

static void what_is_there_is_accepted(void **state)
{
    (void)state;
    struct error error = {0};
    assert_true(needs_met(&room, &error));
}

static void too_few_descriptors_are_said_with_both_figures(void **state)
{
    (void)state;
    struct error error = {0};
    struct needs needs = room;
    needs.descriptor_limit = 163;
    assert_false(needs_met(&needs, &error));
    assert_non_null(strstr(error.text, "need 164 file descriptors, the limit is 163"));
}

static void too_few_ports_are_said_with_both_figures(void **state)
{
    (void)state;
    struct error error = {0};
    struct needs needs = room;
    needs.port_limit = 99;
    assert_false(needs_met(&needs, &error));
    assert_non_null(strstr(error.text, "100 streams to one server need as many local ports"));
    assert_non_null(strstr(error.text, "gives 99"));
}

static void short_memory_is_no_refusal(void **state)
{
    (void)state;
    struct error error = {0};
    struct needs needs = room;
    needs.memory_free_bytes = 1;
    assert_true(needs_met(&needs, &error));
}

static void a_line_names_all_three(void **state)
{
    (void)state;
    struct buffer line = {0};
    needs_print(&room, &line);
    assert_string_equal(line.data, "needs     164 file descriptors (of 1024), 100 local ports (of "
                                   "28232), about 1 MiB of memory (of 1024)\n");
    buffer_free(&line);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_stream_takes_a_descriptor_and_a_port),
        cmocka_unit_test(libcurl_takes_more_memory_for_each_stream),
        cmocka_unit_test(the_built_in_server_doubles_the_descriptors),
        cmocka_unit_test(a_unix_socket_and_http2_take_no_port_for_each),
        cmocka_unit_test(what_is_there_is_accepted),
        cmocka_unit_test(too_few_descriptors_are_said_with_both_figures),
        cmocka_unit_test(too_few_ports_are_said_with_both_figures),
        cmocka_unit_test(short_memory_is_no_refusal),
        cmocka_unit_test(a_line_names_all_three),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
