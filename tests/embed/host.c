/* host.c - a program that runs a playbook with caps, and shows what it used.
 *
 * cc host.c $(pkg-config --cflags --libs poolsleuth_host) -o host
 * host LIBRARY INSTRUCTIONS MEGABYTES WORD...
 */
#include <poolsleuth.h>

#include <stdio.h>
#include <stdlib.h>

int main(int argc, char **argv)
{
    ps_run_request request;
    ps_run *run;
    ps_error err;
    int status;

    if (argc < 5) {
        fputs("usage: host LIBRARY INSTRUCTIONS MEGABYTES WORD...\n", stderr);
        return EXIT_FAILURE;
    }
    request = (ps_run_request){
        .words = (const char *const *)argv + 4,
        .library = argv[1],
        .instructions = strtoull(argv[2], NULL, 10),
        .memory_bytes = strtoull(argv[3], NULL, 10) << 20,
        .seconds = 60,
    };
    if (!ps_run_open(&run, &request, &err)) {
        fprintf(stderr, "%s\n", err.text);
        return EXIT_FAILURE;
    }
    fputs(ps_run_answer(run, NULL), stdout);
    fprintf(stderr, "%s\n", ps_run_complaint(run));
    status = ps_run_status(run);
    ps_run_close(run);
    return status;
}
