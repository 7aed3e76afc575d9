import Accounts
import Control
import HTTPTypes
import Hummingbird

/// Making an indicator and changing one: tried at once, and saved only when what came of it has been seen.
extension Site {
    func addIndicatorForm(to router: Router<SiteContext>) {
        router.post("/configure/indicators") { request, context in
            let fields = try await FormFields(reading: request)
            var wish = IndicatorWish(fields.fields, isEdit: fields["edit"] == "yes")
            let path = wish.isEdit ? "/configure/indicators/\(wish.name.urlEncoded)" : "/configure/indicators"
            let query = wish.isEdit ? [:] : ["check": wish.method]
            let visit = Visit(path: path, query: query, request, context.identity, catalogues)
            let pages = await Pages(site: self, visit: visit)
            let version = pages.model.version
            do {
                try gate.check(.project(.admin), fields, context)
                if fields["do"] == "save" {
                    try await save(wish, request, context)
                    return Response(
                        status: .seeOther, headers: [.location: "/indicators/\(wish.name.urlEncoded)"])
                }
                try await checkReferences(wish.arguments, of: wish.isEdit ? wish.name : nil, context.identity)
                let tried = await control.trial(method: wish.method, arguments: wish.arguments)
                return render(await pages.indicatorForm(wish, tried: tried), visit, version: version)
            } catch {
                let problem = Problem(any: error)
                // Who saves once more has been told what is there now.
                if let seen = problem.seen { wish.fields[Seen.field] = seen }
                return render(
                    await pages.indicatorForm(wish, problem: problem), visit, version: version, status: problem.status)
            }
        }
    }

    private func save(_ wish: IndicatorWish, _ request: Request, _ context: SiteContext) async throws {
        if wish.name.isEmpty { throw Problem(.badRequest, "The indicator has no name.") }
        if !wish.isEdit, await control.readModel().indicator(wish.name) != nil {
            throw Problem(
                .conflict, "There is an indicator \"\(wish.name)\" already: choose another name for it.")
        }
        let base = wish.isEdit ? try await checkSeen("putIndicator", wish.fields) : nil
        try await call("putIndicator", ["name": wish.name], wish.body, request, context, base: base)
    }
}
