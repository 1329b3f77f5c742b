// Handlers only set a flag and write to a pipe; what they mean is done where input is awaited.
#define _GNU_SOURCE
#include "Internal.h"
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

static volatile sig_atomic_t interrupted, resized, stopping, continued, fatal;
// Set while a line is edited: then SIGINT cancels the line and does not stop a guest.
static volatile sig_atomic_t reading;
static _Atomic(cle_interrupt) interrupt_callback;
static void *_Atomic interrupt_context;
static int wake[2] = {-1, -1};

static void handle(int number) {
  int saved = errno;
  switch (number) {
  case SIGINT: {
    interrupted = 1;
    cle_interrupt callback = atomic_load(&interrupt_callback);
    if (callback && !reading) callback(atomic_load(&interrupt_context));
    break;
  }
  case SIGWINCH: resized = 1; break;
  case SIGTSTP: stopping = 1; break;
  case SIGCONT: continued = 1; break;
  default: fatal = number;
  }
  if (wake[1] >= 0 && write(wake[1], "", 1) < 0) {
    // The pipe is full, so the reader will wake anyway.
  }
  errno = saved;
}

static void set_handler(int number, struct sigaction *old) {
  struct sigaction action = {.sa_handler = handle};
  sigemptyset(&action.sa_mask);
  sigaction(number, &action, old);
}

static void drain(void) {
  char bytes[64];
  while (read(wake[0], bytes, sizeof bytes) > 0) continue;
}

bool cle_signals_prepare(void) {
  return wake[0] >= 0 || pipe2(wake, O_NONBLOCK | O_CLOEXEC) == 0;
}

// SIGINT outside the editor.

static struct sigaction before_install;
static bool installed;

void cle_install_interrupt(cle_interrupt callback, void *context) {
  cle_signals_prepare();
  atomic_store(&interrupt_callback, NULL);
  atomic_store(&interrupt_context, context);
  atomic_store(&interrupt_callback, callback);
  if (!installed) set_handler(SIGINT, &before_install);
  installed = true;
}

void cle_remove_interrupt(void) {
  if (installed) sigaction(SIGINT, &before_install, NULL);
  installed = false;
  atomic_store(&interrupt_callback, NULL);
}

bool cle_wait_readable(int fd) {
  if (cle_signals_prepare()) drain();
  interrupted = 0;
  while (cle_poll(fd) < 0) {
    if (interrupted) return interrupted = 0, false;
  }
  return true;
}

void cle_ignore_broken_pipe(void) { signal(SIGPIPE, SIG_IGN); }

// Signals while a line is edited.

static const int handled[] = {SIGINT, SIGWINCH, SIGTSTP, SIGCONT, SIGTERM, SIGHUP, SIGQUIT};
enum { HANDLED = sizeof handled / sizeof handled[0] };
static struct sigaction before[HANDLED];

bool cle_signals_begin(void) {
  bool was_interrupted = interrupted;
  drain();
  interrupted = resized = stopping = continued = fatal = 0;
  reading = 1;
  for (int i = 0; i < HANDLED; i++) {
    set_handler(handled[i], &before[i]);
    // What the parent had ignored (nohup) stays ignored.
    bool ignored = before[i].sa_handler == SIG_IGN;
    if (ignored && handled[i] != SIGINT) sigaction(handled[i], &before[i], NULL);
  }
  return was_interrupted;
}

void cle_signals_end(void) {
  for (int i = 0; i < HANDLED; i++) sigaction(handled[i], &before[i], NULL);
  interrupted = 0;
  reading = 0;
}

int cle_poll(int fd) {
  struct pollfd files[] = {{.fd = fd, .events = POLLIN}, {.fd = wake[0], .events = POLLIN}};
  int count = poll(files, 2, -1);
  if (files[1].revents || (count < 0 && errno == EINTR)) {
    drain();
    return -1;
  }
  return count;
}

static bool take(volatile sig_atomic_t *flag) {
  bool was = *flag;
  *flag = 0;
  return was;
}

cle_event cle_next_event(void) {
  if (fatal) return CLE_EVENT_FATAL;
  if (take(&interrupted)) return CLE_EVENT_INTERRUPT;
  if (take(&stopping)) return CLE_EVENT_STOP;
  if (take(&continued)) return CLE_EVENT_CONTINUE;
  if (take(&resized)) return CLE_EVENT_RESIZE;
  return CLE_EVENT_NONE;
}

// Delivers `number` to this process as if no handler of ours had been in the way.
static void deliver(int number) {
  struct sigaction standard = {.sa_handler = SIG_DFL}, ours;
  sigemptyset(&standard.sa_mask);
  sigaction(number, &standard, &ours);
  raise(number);
  sigaction(number, &ours, NULL);
}

void cle_stop(void) {
  deliver(SIGTSTP);
  continued = 0;
}

void cle_die(void) {
  int number = fatal;
  fatal = 0;
  cle_signals_end();
  raise(number);
}
