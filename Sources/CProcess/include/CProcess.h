// What Swift cannot call of the C library when it starts a program, as it hides behind _GNU_SOURCE.
#pragma once

#include <spawn.h>

// A pipe whose ends no other program inherits. Returns 0, or -1 with errno.
int cprocess_pipe(int ends[2]);

// Has a program that is started close every descriptor from `first` on. Returns 0 or an errno.
int cprocess_close_from(posix_spawn_file_actions_t *actions, int first);
