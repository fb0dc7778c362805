/* Files of the source tree as bytes of the program. */
#ifndef BASE_EMBED_H
#define BASE_EMBED_H

/* Makes `symbol` and `symbol`_end, the first byte and the one behind the last. The path is seen
 * from the top of the source tree; the object depends on it in the Makefile. */
#define EMBED_FILE(symbol, path)                                      \
    __asm__(".pushsection .rodata\n"                                  \
            ".global " #symbol "\n"                                   \
            ".hidden " #symbol "\n" #symbol ":\n"                     \
            ".incbin \"" path "\"\n"                                  \
            ".global " #symbol "_end\n"                               \
            ".hidden " #symbol "_end\n" #symbol "_end:\n"             \
            ".popsection\n");                                         \
    extern const char symbol[] __attribute__((visibility("hidden"))); \
    extern const char symbol##_end[] __attribute__((visibility("hidden")));

#endif
