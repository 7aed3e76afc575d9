import ArgumentParser
import ServiceLifecycle
@main struct Ninelives: ParsableCommand {}
