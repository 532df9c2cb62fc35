/*
 * Stands between a server and the C library (LD_PRELOAD), for the tests of this folder. It counts the calls that change
 * what is below SHIM_UNDER, and makes the nth of them fail, or end the process; it moves the wall clock; and it
 * copies to SHIM_DISK what a disk would still hold after a power cut: of each file the bytes as they were when it
 * was last synced, of each folder the names.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

/* shim.ts writes and reads this through a file: keep both in step. */
struct control {
  int32_t kinds;   /* calls that are counted: 1 << kind */
  int32_t error;   /* what the failing call reports; 0 ends the process instead */
  int32_t at;      /* the call that fails, from 1; 0 for none */
  int32_t lasting; /* all calls after it fail as well */
  int32_t calls;   /* counted so far */
  int32_t failed;  /* of these, made to fail */
  int64_t clock;   /* milliseconds added to the wall clock */
  char first[232]; /* the first that failed: its name and what it was for */
};

enum kind { CREATE, WRITE, SYNC, TRUNCATE, RENAME, UNLINK, MKDIR, CLOSE, TOUCH };

static struct control *control;
static char under[PATH_MAX];
static char disk[PATH_MAX];

#define REAL(type, name, ...)                                  \
  static type (*real)(__VA_ARGS__);                            \
  if (!real) real = (type(*)(__VA_ARGS__))dlsym(RTLD_NEXT, name)

__attribute__((constructor)) static void start(void) {
  const char *file = getenv("SHIM_CONTROL");
  const char *folder = getenv("SHIM_UNDER");
  const char *copies = getenv("SHIM_DISK");
  if (!file || !folder || !realpath(folder, under)) return;
  if (copies && !realpath(copies, disk)) abort();
  REAL(int, "open", const char *, int, ...);
  int fd = real(file, O_RDWR | O_CLOEXEC);
  if (fd < 0) abort();
  struct control *mapped = mmap(NULL, sizeof *mapped, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
  if (mapped == MAP_FAILED) abort();
  control = mapped;
}

static int watched(const char *path) {
  size_t length = strlen(under);
  return control && path && !strncmp(path, under, length) && (path[length] == '/' || path[length] == 0);
}

static int pathOf(int fd, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = 0;
  return watched(path);
}

/* Whether this call is the one that is to fail; errno is set then, to 0 where the process is to end. */
static int fails(enum kind kind, const char *name, const char *path) {
  if (!(control->kinds & (1 << kind))) return 0;
  int call = __atomic_add_fetch(&control->calls, 1, __ATOMIC_SEQ_CST);
  if (!control->at || call < control->at || (call > control->at && !control->lasting)) return 0;
  if (call == control->at)
    snprintf(control->first, sizeof control->first, "%s %s", name, path + strlen(under) + (path[strlen(under)] == '/'));
  __atomic_add_fetch(&control->failed, 1, __ATOMIC_SEQ_CST);
  errno = control->error;
  return 1;
}

static int failed(void) {
  if (errno == 0) kill(getpid(), SIGKILL);
  return -1;
}

static int failsAt(enum kind kind, const char *name, int fd) {
  char path[PATH_MAX];
  return control && pathOf(fd, path) && fails(kind, name, path);
}

static int failsFor(enum kind kind, const char *name, const char *path) {
  return watched(path) && fails(kind, name, path);
}

/* Opening counts where it makes a file that is not there yet. */
static int opens(int (*real)(const char *, int, ...), const char *name, const char *path, int flags, mode_t mode) {
  struct stat there;
  if (flags & O_CREAT && watched(path) && lstat(path, &there) != 0 && fails(CREATE, name, path)) return failed();
  return real(path, flags, mode);
}

int open(const char *path, int flags, ...) {
  REAL(int, "open", const char *, int, ...);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opens(real, "open", path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  REAL(int, "open64", const char *, int, ...);
  va_list rest;
  va_start(rest, flags);
  mode_t mode = flags & (O_CREAT | O_TMPFILE) ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return opens(real, "open", path, flags, mode);
}

/* A write that fails, or is the last of the process, has written half of its bytes. */
static void torn(int fd, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  int told = errno;
  real(fd, bytes, count / 2, at);
  errno = told;
}

ssize_t pwrite64(int fd, const void *bytes, size_t count, off_t at) {
  REAL(ssize_t, "pwrite64", int, const void *, size_t, off_t);
  if (!failsAt(WRITE, "write", fd)) return real(fd, bytes, count, at);
  torn(fd, bytes, count, at);
  return failed();
}

ssize_t write(int fd, const void *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  return failsAt(WRITE, "write", fd) ? failed() : real(fd, bytes, count);
}

ssize_t writev(int fd, const struct iovec *pieces, int count) {
  REAL(ssize_t, "writev", int, const struct iovec *, int);
  return failsAt(WRITE, "write", fd) ? failed() : real(fd, pieces, count);
}

int ftruncate64(int fd, off_t size) {
  REAL(int, "ftruncate64", int, off_t);
  return failsAt(TRUNCATE, "truncate", fd) ? failed() : real(fd, size);
}

int rename(const char *from, const char *to) {
  REAL(int, "rename", const char *, const char *);
  return failsFor(RENAME, "rename", to) ? failed() : real(from, to);
}

int unlink(const char *path) {
  REAL(int, "unlink", const char *);
  return failsFor(UNLINK, "unlink", path) ? failed() : real(path);
}

int mkdir(const char *path, mode_t mode) {
  REAL(int, "mkdir", const char *, mode_t);
  struct stat there;
  if (watched(path) && lstat(path, &there) != 0 && fails(MKDIR, "mkdir", path)) return failed();
  return real(path, mode);
}

int futimens(int fd, const struct timespec times[2]) {
  REAL(int, "futimens", int, const struct timespec *);
  return failsAt(TOUCH, "touch", fd) ? failed() : real(fd, times);
}

/* Closing counts for what was open for writing; as with a real failure, the file is closed all the same. */
int close(int fd) {
  REAL(int, "close", int);
  int failing = control && (fcntl(fd, F_GETFL) & O_ACCMODE) != O_RDONLY && failsAt(CLOSE, "close", fd);
  int told = errno;
  int closed = real(fd);
  if (!failing) return closed;
  errno = told;
  return failed();
}

/* What the disk holds: files/<inode> with the bytes, folders/<inode> with a line "<inode> <name>" for each entry. */

static pthread_mutex_t copying = PTHREAD_MUTEX_INITIALIZER;

static void put(int fd, const char *bytes, size_t count) {
  REAL(ssize_t, "write", int, const void *, size_t);
  while (count > 0) {
    ssize_t done = real(fd, bytes, count);
    if (done <= 0) abort();
    bytes += done;
    count -= done;
  }
}

static void copyBytes(const char *path, int into) {
  static char buffer[1 << 20];
  int from = open(path, O_RDONLY | O_CLOEXEC);
  if (from < 0) abort();
  for (ssize_t got; (got = read(from, buffer, sizeof buffer)) > 0;) put(into, buffer, got);
  close(from);
}

static void copyNames(const char *path, int into) {
  DIR *folder = opendir(path);
  if (!folder) abort();
  for (struct dirent *entry; (entry = readdir(folder));) {
    if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, "..")) continue;
    char line[NAME_MAX + 40];
    put(into, line, snprintf(line, sizeof line, "%c %lu %s\n", entry->d_type == DT_DIR ? 'd' : 'f', (unsigned long)entry->d_ino, entry->d_name));
  }
  closedir(folder);
}

/* Copied before the sync, put in place after it: exactly what the sync promises. */
static int syncs(int (*real)(int), int fd) {
  char path[PATH_MAX], fresh[PATH_MAX + 8], kept[PATH_MAX + 32];
  if (!control || !pathOf(fd, path)) return real(fd);
  if (fails(SYNC, "sync", path)) return failed();
  struct stat what;
  if (!disk[0] || fstat(fd, &what) != 0) return real(fd);
  int folder = S_ISDIR(what.st_mode);
  snprintf(fresh, sizeof fresh, "%s/fresh", disk);
  snprintf(kept, sizeof kept, "%s/%s/%lu", disk, folder ? "folders" : "files", (unsigned long)what.st_ino);
  pthread_mutex_lock(&copying);
  int into = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
  if (into < 0) abort();
  (folder ? copyNames : copyBytes)(path, into);
  close(into);
  int synced = real(fd);
  if (synced == 0 && rename(fresh, kept) != 0) abort();
  pthread_mutex_unlock(&copying);
  return synced;
}

int fsync(int fd) {
  REAL(int, "fsync", int);
  return syncs(real, fd);
}

int fdatasync(int fd) {
  REAL(int, "fdatasync", int);
  return syncs(real, fd);
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
  REAL(int, "gettimeofday", struct timeval *restrict, void *restrict);
  int told = real(now, zone);
  if (told == 0 && control) {
    int64_t micros = now->tv_sec * INT64_C(1000000) + now->tv_usec + control->clock * 1000;
    now->tv_sec = micros / 1000000;
    now->tv_usec = micros % 1000000;
  }
  return told;
}

int clock_gettime(clockid_t clock, struct timespec *now) {
  REAL(int, "clock_gettime", clockid_t, struct timespec *);
  int told = real(clock, now);
  if (told == 0 && control && clock == CLOCK_REALTIME) {
    int64_t nanos = now->tv_sec * INT64_C(1000000000) + now->tv_nsec + control->clock * 1000000;
    now->tv_sec = nanos / 1000000000;
    now->tv_nsec = nanos % 1000000000;
  }
  return told;
}
