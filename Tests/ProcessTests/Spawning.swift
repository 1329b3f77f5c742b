import Glibc

/// posix_spawn as the tests need it: `fork` is not safe in a process with threads.
enum Spawning {
  // <spawn.h>; a macro that depends on _GNU_SOURCE.
  private static let newSession: Int16 = 0x80

  /// Starts a program as the leader of a new session whose controlling terminal, and standard
  /// input, output and error, is `terminal`; with nil it has the test's.
  static func start(
    _ arguments: [String], environment: [String: String], terminal: String? = nil
  ) throws -> pid_t {
    // SAFETY: attributes and actions are initialised before their use and destroyed after it; the
    // arrays of C strings end in nil and live through the call.
    try withAttributes { attributes in
      var actions = unsafe posix_spawn_file_actions_t()
      unsafe posix_spawn_file_actions_init(&actions)
      defer { unsafe posix_spawn_file_actions_destroy(&actions) }
      if let terminal {
        // A session leader without a terminal gets the first one that it opens.
        unsafe posix_spawn_file_actions_addopen(&actions, 0, terminal, O_RDWR, 0)
        unsafe posix_spawn_file_actions_adddup2(&actions, 0, 1)
        unsafe posix_spawn_file_actions_adddup2(&actions, 0, 2)
      }
      var process: pid_t = 0
      let variables = environment.map { "\($0.key)=\($0.value)" }
      let result = unsafe withCStrings(arguments) { arguments in
        unsafe withCStrings(variables) { variables in
          unsafe posix_spawn(
            &process, arguments[0]!, &actions, &attributes, arguments, variables)
        }
      }
      guard result == 0 else {
        throw PseudoTerminal.Failure(
          description: "\(arguments) cannot be started: error \(result)")
      }
      return process
    }
  }

  /// Waits until a process ends, and returns its status as waitpid gives it.
  @discardableResult
  static func wait(for process: pid_t) -> Int32 {
    var status: Int32 = 0
    // SAFETY: `status` lives through the calls.
    while unsafe waitpid(process, &status, 0) < 0, errno == EINTR {}
    return status
  }

  /// Attributes for a new session in which no signal is ignored or blocked.
  private static func withAttributes<Result>(
    _ body: (inout posix_spawnattr_t) throws -> Result
  ) rethrows -> Result {
    // SAFETY: initialised before, destroyed after.
    var attributes = posix_spawnattr_t()
    unsafe posix_spawnattr_init(&attributes)
    defer { unsafe posix_spawnattr_destroy(&attributes) }
    var all = sigset_t()
    var none = sigset_t()
    unsafe sigfillset(&all)
    unsafe sigemptyset(&none)
    unsafe posix_spawnattr_setsigdefault(&attributes, &all)
    unsafe posix_spawnattr_setsigmask(&attributes, &none)
    unsafe posix_spawnattr_setflags(
      &attributes, newSession | Int16(POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    return try body(&attributes)
  }

  private static func withCStrings<Result>(
    _ strings: [String], _ body: ([UnsafeMutablePointer<CChar>?]) -> Result
  ) -> Result {
    // SAFETY: each copy is freed after the body.
    let copies = unsafe strings.map { unsafe strdup($0) }
    defer { for index in unsafe copies.indices { unsafe free(copies[index]) } }
    return unsafe body(copies + [nil])
  }
}
