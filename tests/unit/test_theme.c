#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "base/environment.h"
#include "base/file.h"
#include "base/memory.h"
#include "ui/theme.h"

static struct theme parsed(const char *content)
{
    struct theme theme = {0};
    struct error error = {0};
    if (!theme_parse(&theme, text_of(content), &error))
        fail_msg("refused: %s", error.text);
    return theme;
}

static struct theme found(const char *name)
{
    struct theme theme = {0};
    struct error error = {0};
    if (!theme_find(&theme, name, &error))
        fail_msg("%s", error.text);
    return theme;
}

static void assert_rgb(struct rgb colour, int red, int green, int blue)
{
    if (colour.red != red || colour.green != green || colour.blue != blue)
        fail_msg("%d %d %d, not %d %d %d", colour.red, colour.green, colour.blue, red, green, blue);
}

static void colours_are_read_in_each_form_that_btop_takes(void **state)
{
    (void)state;
    struct rgb colour;
    assert_true(rgb_parse(TEXT("#1e90ff"), &colour));
    assert_rgb(colour, 0x1e, 0x90, 0xff);
    assert_true(rgb_parse(TEXT("#1E9"), &colour));
    assert_rgb(colour, 0x11, 0xee, 0x99);
    assert_true(rgb_parse(TEXT("#40"), &colour));
    assert_rgb(colour, 0x40, 0x40, 0x40);
    assert_true(rgb_parse(TEXT(" 30  144 255 "), &colour));
    assert_rgb(colour, 30, 144, 255);
    static const char *const bad[] = {"",    "#",       "#1",      "#12345", "#gggggg",
                                      "1 2", "1 2 3 4", "0 0 256", "-1 0 0", "red"};
    for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
        if (rgb_parse(text_of(bad[i]), &colour))
            fail_msg("%s was taken", bad[i]);
}

static void a_theme_of_btop_gives_its_colours_to_the_roles(void **state)
{
    (void)state;
    struct theme theme = parsed("# a comment\n"
                                "theme[main_bg]=\"#282a36\"\r\n"
                                "theme[main_fg]='#f8f8f2'\n"
                                "  theme[title]=#ffffff\n"
                                "theme[selected_bg]=\"#44475a\"\n"
                                "theme[proc_misc]=\"#bd93f9\"\n"
                                "theme[a_key_of_tomorrow]=\"#123456\"\n"
                                "theme[cpu_start]=\"#00ff00\"\n"
                                "theme[cpu_mid]=\"\"\n"
                                "theme[cpu_end]=\"#ff0000\"\n"
                                "theme[broken\n");
    assert_true(theme.has_ground);
    assert_rgb(theme.ground, 0x28, 0x2a, 0x36);
    assert_rgb(theme.roles[ROLE_TEXT][0], 0xf8, 0xf8, 0xf2);
    assert_rgb(theme.roles[ROLE_TITLE][0], 0xff, 0xff, 0xff);
    assert_rgb(theme.selected_ground, 0x44, 0x47, 0x5a);
    assert_rgb(theme.roles[ROLE_TTFT][0], 0, 255, 0);
    assert_rgb(theme.roles[ROLE_TTFT][1], 128, 128, 0);
    struct style highest = {.role = ROLE_TTFT, .level = 100};
    assert_int_equal(theme_look(&theme, highest, THEME_TRUE).foreground, 0xff0000);
}

static void what_sets_no_colour_is_no_theme(void **state)
{
    (void)state;
    struct theme theme;
    struct error error = {0};
    assert_false(theme_parse(&theme, TEXT("main_fg=#ffffff\ntheme[main_fg]=\"\"\n"), &error));
    assert_non_null(strstr(error.text, "not a theme"));
}

static void missing_keys_are_derived_so_that_they_can_be_read(void **state)
{
    (void)state;
    static const char *const bare[] = {
        "theme[main_bg]=\"#000000\"", "theme[main_bg]=\"#ffffff\"", "theme[main_fg]=\"#30\"",
        "theme[main_fg]=\"#dd\"",     "theme[graph_text]=\"#10\"",  "theme[cpu_start]=\"#231a63\""};
    for (size_t i = 0; i < ARRAY_SIZE(bare); i++) {
        struct theme theme = parsed(bare[i]);
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct rgb ground = role == ROLE_SELECTED ? theme.selected_ground : theme.ground;
            double least = role == ROLE_BOX ? 1.5 : 2.9;
            for (int step = 0; step < THEME_STEPS; step++)
                if (rgb_contrast(theme.roles[role][step], ground) < least)
                    fail_msg("%s: role %d, step %d has contrast %.2f", bare[i], role, step,
                             rgb_contrast(theme.roles[role][step], ground));
        }
    }
}

/* As someone without the cones for green sees it (Machado and others, 2009). */
static struct rgb without_green_cones(struct rgb c)
{
    double red = 0.367 * c.red + 0.861 * c.green - 0.228 * c.blue;
    double green = 0.280 * c.red + 0.673 * c.green + 0.047 * c.blue;
    double blue = -0.012 * c.red + 0.043 * c.green + 0.969 * c.blue;
    double parts[] = {red, green, blue};
    for (int i = 0; i < 3; i++)
        parts[i] = parts[i] < 0 ? 0 : parts[i] > 255 ? 255 : parts[i];
    return (struct rgb){(uint8_t)parts[0], (uint8_t)parts[1], (uint8_t)parts[2]};
}

static int difference(struct rgb a, struct rgb b)
{
    return abs(a.red - b.red) + abs(a.green - b.green) + abs(a.blue - b.blue);
}

static struct rgb shown_in_256(const struct theme *theme, enum role role)
{
    return rgb_of_256(theme_look(theme, STYLE(role), THEME_256).foreground);
}

static void our_own_themes_can_be_read_and_tell_cold_from_warm(void **state)
{
    (void)state;
    static const char *const own[] = {"dark",         "light", "high-contrast",
                                      "colour-blind", "mono",  "harbour"};
    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        struct theme theme = found(own[i]);
        assert_string_equal(theme.name, own[i]);
        for (int role = 0; role < ROLE_COUNT; role++) {
            if (role == ROLE_BOX)
                continue;
            struct rgb ground = role == ROLE_SELECTED ? theme.selected_ground : theme.ground;
            for (int step = 0; step < THEME_STEPS; step++)
                if (rgb_contrast(theme.roles[role][step], ground) < 4.5)
                    fail_msg("%s: role %d, step %d has contrast %.2f", own[i], role, step,
                             rgb_contrast(theme.roles[role][step], ground));
        }
        struct rgb cold = shown_in_256(&theme, ROLE_COLD), warm = shown_in_256(&theme, ROLE_WARM);
        if (difference(cold, warm) < 120 ||
            difference(without_green_cones(cold), without_green_cones(warm)) < 120)
            fail_msg("%s: cold and warm look alike", own[i]);
    }
}

static void the_colour_blind_theme_tells_good_from_bad(void **state)
{
    (void)state;
    struct theme theme = found("colour-blind");
    struct rgb good = without_green_cones(shown_in_256(&theme, ROLE_GOOD));
    struct rgb bad = without_green_cones(shown_in_256(&theme, ROLE_BAD));
    assert_true(difference(good, bad) > 150);
}

static void few_colours_leave_the_terminals_own_ground(void **state)
{
    (void)state;
    struct theme theme = found("dark");
    static const enum theme_depth few[] = {THEME_8, THEME_16};
    for (size_t i = 0; i < ARRAY_SIZE(few); i++) {
        for (int role = 0; role < ROLE_COUNT; role++) {
            struct look look = theme_look(&theme, STYLE((uint8_t)role), few[i]);
            assert_int_equal(look.background, -1);
            assert_true(look.foreground < (few[i] == THEME_8 ? 8 : 16));
        }
        assert_int_equal(theme_look(&theme, STYLE(ROLE_TEXT), few[i]).foreground, -1);
        assert_true(theme_look(&theme, STYLE(ROLE_SELECTED), few[i]).flags & STYLE_REVERSE);
        assert_int_not_equal(theme_look(&theme, STYLE(ROLE_COLD), few[i]).foreground,
                             theme_look(&theme, STYLE(ROLE_WARM), few[i]).foreground);
        assert_int_not_equal(theme_look(&theme, STYLE(ROLE_GOOD), few[i]).foreground,
                             theme_look(&theme, STYLE(ROLE_BAD), few[i]).foreground);
    }
}

static void warm_is_not_taken_for_bad_where_there_are_few_colours(void **state)
{
    (void)state;
    static const char *const own[] = {"dark", "light", "high-contrast", "colour-blind", "harbour"};
    for (size_t i = 0; i < ARRAY_SIZE(own); i++) {
        struct theme theme = found(own[i]);
        if (theme_look(&theme, STYLE(ROLE_WARM), THEME_8).foreground ==
            theme_look(&theme, STYLE(ROLE_BAD), THEME_8).foreground)
            fail_msg("%s: warm and bad are the same", own[i]);
    }
}

static void without_colours_only_attributes_are_left(void **state)
{
    (void)state;
    struct theme theme = found("dark");
    for (int role = 0; role < ROLE_COUNT; role++) {
        struct style style = {.role = (uint8_t)role, .level = 70, .flags = STYLE_UNDERLINE};
        struct look look = theme_look(&theme, style, THEME_ATTRIBUTES);
        assert_true(look.foreground == -1 && look.background == -1);
        assert_true(look.flags & STYLE_UNDERLINE);
    }
    assert_true(theme_look(&theme, STYLE(ROLE_SELECTED), THEME_ATTRIBUTES).flags & STYLE_REVERSE);
}

static void how_deep_colours_go_follows_the_terminal_and_the_user(void **state)
{
    (void)state;
    struct environment environment = {0};
    environment_set(&environment, "NO_COLOR", NULL);
    assert_int_equal(theme_depth_for(256, false, true), THEME_256);
    assert_int_equal(theme_depth_for(1 << 24, true, true), THEME_TRUE);
    assert_int_equal(theme_depth_for(88, false, true), THEME_16);
    assert_int_equal(theme_depth_for(8, false, true), THEME_8);
    assert_int_equal(theme_depth_for(-1, false, true), THEME_ATTRIBUTES);
    assert_int_equal(theme_depth_for(256, false, false), THEME_ATTRIBUTES);
    environment_set(&environment, "NO_COLOR", "1");
    assert_int_equal(theme_depth_for(256, false, true), THEME_ATTRIBUTES);
    environment_restore(&environment);
}

static void themes_of_btop_in_the_users_folder_are_found(void **state)
{
    (void)state;
    char folder[] = "/tmp/fluxperf-theme-XXXXXX";
    assert_non_null(mkdtemp(folder));
    char *themes = path_join(folder, "btop/themes"), *file = path_join(themes, "tide.theme");
    assert_true(directory_make(themes, NULL));
    assert_true(file_write_whole(file, TEXT("theme[main_fg]=\"#abcdef\"\n"), 0600, NULL));
    struct environment environment = {0};
    environment_set(&environment, "XDG_CONFIG_HOME", folder);
    environment_set(&environment, "XDG_DATA_DIRS", folder);

    assert_rgb(found("tide").roles[ROLE_TEXT][0], 0xab, 0xcd, 0xef);
    assert_rgb(found(file).roles[ROLE_TEXT][0], 0xab, 0xcd, 0xef);
    size_t count, times = 0;
    char **names = theme_names(&count);
    assert_string_equal(names[0], "dark");
    for (size_t i = 0; i < count; i++)
        times += strcmp(names[i], "tide") == 0;
    assert_int_equal(times, 1);
    theme_names_free(names, count);

    struct theme theme;
    struct error error = {0};
    assert_false(theme_find(&theme, "tidy", &error));
    assert_string_equal(error.text,
                        "theme tidy is not known: there are dark, light, high-contrast, "
                        "colour-blind, mono, harbour, tide; or give a file");
    assert_false(theme_find(&theme, "./none.theme", &error));
    assert_non_null(strstr(error.text, "./none.theme"));

    environment_restore(&environment);
    unlink(file);
    for (char *path = themes; strlen(path) >= strlen(folder); *strrchr(path, '/') = '\0')
        rmdir(path);
    free(file);
    free(themes);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_read_in_each_form_that_btop_takes),
        cmocka_unit_test(a_theme_of_btop_gives_its_colours_to_the_roles),
        cmocka_unit_test(what_sets_no_colour_is_no_theme),
        cmocka_unit_test(missing_keys_are_derived_so_that_they_can_be_read),
        cmocka_unit_test(our_own_themes_can_be_read_and_tell_cold_from_warm),
        cmocka_unit_test(the_colour_blind_theme_tells_good_from_bad),
        cmocka_unit_test(few_colours_leave_the_terminals_own_ground),
        cmocka_unit_test(warm_is_not_taken_for_bad_where_there_are_few_colours),
        cmocka_unit_test(without_colours_only_attributes_are_left),
        cmocka_unit_test(how_deep_colours_go_follows_the_terminal_and_the_user),
        cmocka_unit_test(themes_of_btop_in_the_users_folder_are_found),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
