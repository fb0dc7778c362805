#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>

#include "base/buffer.h"
#include "base/memory.h"
#include "base/random.h"
#include "dataset/tokens.h"

/* The error that the manual states. */
#define STATED_ERROR 0.12

/* The counts are those of the vocabularies of GPT-4o (o200k_base) and Llama 3. */
static void the_estimate_of_five_scripts_is_within_its_stated_error(void **state)
{
    (void)state;
    static const struct {
        const char *name, *text;
        uint32_t gpt, llama;
    } scripts[] = {
        {"english",
         "The river had been low all summer, and the miller's daughter walked along "
         "its dry edge every evening to count the stones that had come up. On the la"
         "st day of August the clouds rolled over the western hills, heavy and slow,"
         " and by midnight the first drops were falling. Nobody in the village slept"
         "; they stood at their windows and listened to the water finding its old wa"
         "y back between the rocks. In the morning the wheel turned again, and the s"
         "mell of fresh flour drifted down the road as if it had never stopped.",
         107, 107},
        {"chinese",
         "整个夏天河水都很浅，磨坊主的女儿每天傍晚都沿着干涸"
         "的河岸散步，数一数露出来的石头。八月的最后一天，乌"
         "云从西边的山上慢慢压过来，半夜里落下了第一滴雨。村"
         "里没有人睡觉，大家都站在窗前，听水流重新找到石头之"
         "间的老路。第二天早上，水车又转了起来，新磨面粉的香"
         "味顺着大路飘下去，好像从来没有停过。",
         130, 131},
        {"code",
         "static size_t common_start(struct text a, struct text b)\n"
         "{\n"
         "    size_t size = 0;\n"
         "    while (size < a.size && size < b.size && a.data[size] == b.data[size])"
         "\n"
         "        size++;\n"
         "    return size;\n"
         "}\n"
         "\n"
         "def moving_average(values, width):\n"
         "    total = 0.0\n"
         "    for i, value in enumerate(values):\n"
         "        total += value\n"
         "        if i >= width:\n"
         "            total -= values[i - width]\n"
         "        yield total / min(i + 1, width)\n"
         "\n"
         "const rows = items.filter((item) => item.price > 10).map(({name, price}) ="
         "> `${name}: ${price}`);\n",
         135, 135},
        {"numbers",
         "2021, 48211, 3.14159, 1000000\n"
         "2022, 51390, 2.71828, 1048576\n"
         "2023, 55012, 1.41421, 2097152\n"
         "2024, 60777, 1.73205, 4194304\n"
         "1995-08-24 13:45:07, 192.168.10.254, +49 30 1234567\n"
         "0.0001, 0.0025, 0.0625, 1.5625, 39.0625\n",
         132, 132},
        {"russian",
         "Всё лето река была мелкой, и дочь мельник"
         "а каждый вечер шла вдоль сухого берега и "
         "считала камни, которые показались из вод"
         "ы. В последний день августа тяжёлые тучи "
         "медленно поднялись над западными холмам"
         "и, и к полуночи упали первые капли. Никто "
         "в деревне не спал: люди стояли у окон и сл"
         "ушали, как вода находит свой старый путь "
         "между камнями. Утром колесо снова поверн"
         "улось, и запах свежей муки поплыл вниз по"
         " дороге, как будто он никогда не исчезал.",
         128, 141},
    };
    for (size_t i = 0; i < ARRAY_SIZE(scripts); i++) {
        double tokens = tokens_estimate(text_of(scripts[i].text));
        double by_gpt = tokens / scripts[i].gpt - 1, by_llama = tokens / scripts[i].llama - 1;
        if (fabs(by_gpt) > STATED_ERROR || fabs(by_llama) > STATED_ERROR)
            fail_msg("%s: %.1f tokens, GPT-4o has %u and Llama 3 %u", scripts[i].name, tokens,
                     scripts[i].gpt, scripts[i].llama);
    }
}

static void nothing_has_no_token_and_a_word_has_one(void **state)
{
    (void)state;
    assert_true(tokens_estimate(text_of("")) == 0.0);
    assert_true(tokens_estimate(text_of("word")) == 1.0);
    assert_true(tokens_estimate(text_of("two words")) == 2.0);
    assert_true(tokens_estimate(text_of("123456")) == 2.0);
}

static void broken_bytes_are_counted_and_not_read_past(void **state)
{
    (void)state;
    const char cut[] = {'a', ' ', '\xe4', '\xbd'};
    double tokens = tokens_estimate((struct text){cut, sizeof cut});
    assert_true(tokens >= 2.0 && tokens <= 4.0);
}

/* What a cut by halving relies on. */
static void more_text_never_has_fewer_tokens(void **state)
{
    (void)state;
    static const char *const pieces[] = {"a",  "Wort", " ", "  ", "\n", ";", "7",
                                         "42", "你",   "я", "é",  "\t", "(", "\xff"};
    struct random random;
    random_seed(&random, 3);
    for (int trial = 0; trial < 200; trial++) {
        struct buffer text = {0};
        double before = 0;
        for (int i = 0; i < 60; i++) {
            buffer_add_string(&text, pieces[random_below(&random, ARRAY_SIZE(pieces))]);
            double tokens = tokens_estimate(buffer_text(&text));
            if (tokens < before)
                fail_msg("%.2f after %.2f: %s", tokens, before, text.data);
            before = tokens;
        }
        buffer_free(&text);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_estimate_of_five_scripts_is_within_its_stated_error),
        cmocka_unit_test(nothing_has_no_token_and_a_word_has_one),
        cmocka_unit_test(broken_bytes_are_counted_and_not_read_past),
        cmocka_unit_test(more_text_never_has_fewer_tokens),
    };
    return cmocka_run_group_tests_name("tokens", tests, NULL, NULL);
}
