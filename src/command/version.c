/* fluxperf --version: this program and what it is built on. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/http.h"
#include "base/yaml.h"
#include "command/command.h"

void print_version(void)
{
    printf("fluxperf %s\n%s\ncJSON %s\nlibyaml %s\n", FLUXPERF_VERSION, http_library_version(),
           cJSON_Version(), yaml_library_version());
}
