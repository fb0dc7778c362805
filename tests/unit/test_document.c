#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <locale.h>

#include "report/document.h"
#include "report/page.h"
#include "sample_run.h"

static struct buffer page_of(bool markdown, bool utf8)
{
    struct buffer out = {0};
    struct run *run = sample_run(60, true);
    free(run->note);
    run->note = xstrdup("after `upgrade` of <driver> | *fast*");
    document_print(&out, run, NULL, (struct table_style){.utf8 = utf8, .markdown = markdown});
    run_free(run);
    return out;
}

static void has(const struct buffer *page, const char *part)
{
    if (!strstr(page->data, part))
        fail_msg("'%s' is not in:\n%s", part, page->data);
}

static void a_page_says_what_was_run_and_what_came_out(void **state)
{
    (void)state;
    for (int markdown = 0; markdown < 2; markdown++) {
        struct buffer page = page_of(markdown, true);
        has(&page, "Llama-3-8B");
        has(&page, "http://127.0.0.1:8000/v1/chat/completions");
        has(&page, "rows.jsonl, seed 18446744073709551615");
        has(&page, "C=10, C=10→12, 2 rounds of 60 prompts");
        has(&page, "ttft_ms=250");
        has(&page, "fluxperf -d rows.jsonl -c 10");
        has(&page, "Cold → warm, C=10, paired on 53 prompts");
        has(&page, "faster");
        has(&page, "http_status 503");
        has(&page, "Client: ok");
        assert_null(memchr(page.data, '\x1b', page.size));
        buffer_free(&page);
    }
}

static int cells(struct text line)
{
    int count = 0;
    for (size_t i = 1; i < line.size; i++)
        count += line.data[i] == '|' && line.data[i - 1] != '\\';
    return count;
}

/* Each line is empty, a heading, an item, code or a row, and all rows of a table are of one length.
 */
static void markdown_has_whole_tables_and_nothing_loose(void **state)
{
    (void)state;
    struct buffer page = page_of(true, true);
    struct text rest = buffer_text(&page), line;
    int width = 0, tables = 0;
    bool code = false;
    while (text_next_line(&rest, &line)) {
        bool row = text_starts_with(line, "| ");
        if (row && width == 0)
            tables++;
        if (row && width && cells(line) != width)
            fail_msg("%.*s", (int)line.size, line.data);
        width = row ? cells(line) : 0;
        if (text_starts_with(line, "```"))
            code = !code;
        else if (!code && !row && line.size && line.data[0] != '#' &&
                 !text_starts_with(text_trim(line), "- "))
            fail_msg("loose: %.*s", (int)line.size, line.data);
    }
    assert_int_equal(tables, 1 + 2 * (1 + 2));
    buffer_free(&page);
}

static void markup_in_texts_is_shown_as_it_is(void **state)
{
    (void)state;
    struct buffer page = page_of(true, true);
    has(&page, "- after \\`upgrade\\` of &lt;driver> | \\*fast\\*\n");
    buffer_free(&page);

    struct buffer out = {0};
    struct page cells = page_begin(&out, (struct table_style){.utf8 = true, .markdown = true});
    struct grid grid;
    grid_init(&grid, &cells, 2);
    grid_add(&grid, "a|b");
    grid_add(&grid, "<c>");
    grid_print(&grid, 2, 1);
    page_end(&cells);
    assert_string_equal(out.data, "| a\\|b | &lt;c> |\n| :-- | --: |\n");
    buffer_free(&out);
}

static void a_page_of_text_fits_into_a_letter(void **state)
{
    (void)state;
    struct buffer page = page_of(false, true);
    struct text rest = buffer_text(&page), line;
    while (text_next_line(&rest, &line))
        if (text_width(line) > 100)
            fail_msg("%.*s", (int)line.size, line.data);
    buffer_free(&page);
}

static void no_name_moves_the_cursor(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct run *run = sample_run(5, false);
    strcpy(run->levels[0]->label, "C=\x1b[2J1");
    free(run->model);
    run->model = xstrdup("a\rb\xc2\x9b"
                         "c\x7f");
    document_print(&out, run, NULL, (struct table_style){.utf8 = true});
    for (size_t i = 0; i < out.size; i++) {
        unsigned char c = (unsigned char)out.data[i];
        assert_true((c >= 0x20 && c != 0x7f) || c == '\n');
    }
    has(&out, "a?b?c?");
    has(&out, "C=?[2J1");
    run_free(run);
    buffer_free(&out);
}

static void without_utf8_a_page_is_ascii(void **state)
{
    (void)state;
    struct buffer page = page_of(true, false);
    for (size_t i = 0; i < page.size; i++)
        assert_true((unsigned char)page.data[i] < 0x80);
    has(&page, "C=10->12");
    buffer_free(&page);
}

static void a_run_that_was_killed_has_a_page_too(void **state)
{
    (void)state;
    struct buffer out = {0};
    struct run *run = run_new();
    run_add_level(run, 4, 0.0, 10, 2);
    document_print(&out, run, NULL, (struct table_style){.utf8 = true, .markdown = true});
    has(&out, "# fluxperf: a run");
    has(&out, "- End: unknown: the journal does not hold its end\n");
    buffer_free(&out);
    run_free(run);
}

int main(void)
{
    setlocale(LC_CTYPE, "C.UTF-8");
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_page_says_what_was_run_and_what_came_out),
        cmocka_unit_test(markdown_has_whole_tables_and_nothing_loose),
        cmocka_unit_test(markup_in_texts_is_shown_as_it_is),
        cmocka_unit_test(a_page_of_text_fits_into_a_letter),
        cmocka_unit_test(no_name_moves_the_cursor),
        cmocka_unit_test(without_utf8_a_page_is_ascii),
        cmocka_unit_test(a_run_that_was_killed_has_a_page_too),
    };
    return cmocka_run_group_tests_name("document", tests, NULL, NULL);
}
