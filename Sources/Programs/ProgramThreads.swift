import NIOPosix

/// Threads that wait for programs: as many run at the same time, and further ones wait their turn within their time.
///
/// Who must not wait for the programs of somebody else has threads of their own.
package struct ProgramThreads: Sendable {
    private let pool: NIOThreadPool

    /// - Parameter count: at least 1.
    package init(_ count: Int) {
        pool = NIOThreadPool(numberOfThreads: count)
        pool.start()
    }

    /// Runs a program to its end. At the deadline, or when the task is cancelled, it is killed; and whenever it is over,
    /// what is left of its process group is killed too.
    package func run(_ program: Program, until deadline: ContinuousClock.Instant) async -> ProgramOutcome {
        let run = ProgramRun(program, until: deadline)
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                pool.submit { state in
                    let isActive = state == .active
                    continuation.resume(returning: isActive ? run.perform() : ProgramOutcome(ending: .cancelled))
                }
            }
        } onCancel: {
            run.cancel()
        }
    }
}
