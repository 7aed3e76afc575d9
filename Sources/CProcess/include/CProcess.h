// What Swift cannot call of the C library when it starts a program, as it hides behind _GNU_SOURCE.
#pragma once

#include <sys/types.h>

// A pipe whose ends no other program inherits. Returns 0, or -1 with errno.
int cprocess_pipe(int ends[2]);

// A nameless file in memory that no other program inherits. Returns its descriptor, or -1 with errno.
int cprocess_memory_file(void);

// Starts a program in a process group of its own: with these three descriptors and no other, every signal as at first,
// and our environment, or with `inherits` 0 one that has no secret in it. With `input` -1 there is nothing to read.
// Returns 0 or an errno.
int cprocess_start(pid_t *process, const char *program, char *const arguments[], int inherits, int input, int output,
                   int errors);

// A descriptor that can be read once the process has ended, and that no other program inherits; -1 with errno where the
// kernel has none.
int cprocess_watch(pid_t process);

// The same in our own process group, with an environment that is given, and nothing to read.
int cprocess_start_beside(pid_t *process, const char *program, char *const arguments[], char *const environment[], int output);
