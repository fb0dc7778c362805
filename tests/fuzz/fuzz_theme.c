/* A theme file from outside: whatever it holds, each role can be shown, and what is drawn can be
 * seen. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include "ui/theme.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct theme theme = {0};
    struct error error = {0};
    if (!theme_parse(&theme, (struct text){(const char *)data, size}, &error)) {
        if (!error.text[0])
            abort();
        return 0;
    }
    for (int role = 0; role < ROLE_COUNT; role++)
        for (int level = 0; level <= 100; level += 25) {
            struct style style = {.role = (uint8_t)role, .level = (uint8_t)level};
            int32_t shown = theme_look(&theme, style, THEME_256).foreground;
            if (shown < 16 || shown > 255 || theme_look(&theme, style, THEME_16).foreground > 15)
                abort();
        }
    return 0;
}
