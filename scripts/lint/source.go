package main

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// nolint has to name the linter and, after a second comment mark, the reason.
var goodNolint = regexp.MustCompile(`^//nolint:[a-z0-9,]+ // \S+`)

// checkGo applies the rules for Go sources.
func checkGo(name string, source []byte, generated bool) ([]problem, error) {
	files := token.NewFileSet()
	file, err := parser.ParseFile(files, name, source, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return nil, err
	}
	var problems []problem
	report := func(at token.Pos, text string) {
		problems = append(problems, problem{file: name, line: files.Position(at).Line, text: text})
	}

	from := importerOf(name, file)
	imports := make(map[string]string)
	for _, spec := range file.Imports {
		imported, err := strconv.Unquote(spec.Path.Value)
		if err != nil {
			return nil, err
		}
		imports[localName(spec, imported)] = imported
		if text := checkImport(from, imported); text != "" {
			report(spec.Pos(), text)
		}
	}
	if from.unit == "store" && !from.test && !from.helper {
		checkSignatures(file, imports, report)
	}
	if generated {
		return problems, nil
	}

	for _, group := range file.Comments {
		for _, comment := range group.List {
			if strings.HasPrefix(comment.Text, "//nolint") && !goodNolint.MatchString(comment.Text) {
				report(comment.Pos(), "nolint must name the linter and the reason: //nolint:name // why")
			}
		}
	}
	ast.Inspect(file, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		switch importedName(selector, imports) {
		case "time.Sleep":
			if from.test {
				report(selector.Pos(), "time.Sleep in a test: wait for what is to happen instead")
			}
		case "github.com/a-h/templ.Raw":
			report(selector.Pos(), "templ.Raw writes HTML unescaped: mail is hostile input")
		}
		return true
	})
	return problems, nil
}

func importerOf(name string, file *ast.File) importer {
	dir := path.Dir(name)
	test := strings.HasSuffix(name, "_test.go")
	return importer{
		file:     name,
		unit:     unitOf(dir),
		test:     test,
		external: test && strings.HasSuffix(file.Name.Name, "_test"),
		helper:   strings.HasSuffix(path.Base(dir), "test"),
	}
}

// localName is how the file speaks of an import. For an unnamed one it guesses as people do: the last part of the
// path that is not a version.
func localName(spec *ast.ImportSpec, imported string) string {
	if spec.Name != nil {
		return spec.Name.Name
	}
	parts := strings.Split(imported, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && regexp.MustCompile(`^v\d+$`).MatchString(last) {
		last = parts[len(parts)-2]
	}
	return last
}

// importedName gives the import path and name behind a selector, such as "time.Sleep", or the empty string.
func importedName(selector *ast.SelectorExpr, imports map[string]string) string {
	if ident, ok := selector.X.(*ast.Ident); ok && imports[ident.Name] != "" {
		return imports[ident.Name] + "." + selector.Sel.Name
	}
	return ""
}

// checkSignatures keeps River and database/sql out of what store shows to others, JobDriver excepted.
func checkSignatures(file *ast.File, imports map[string]string, report func(token.Pos, string)) {
	inspect := func(what string, node ast.Node) {
		if node == nil {
			return
		}
		ast.Inspect(node, func(node ast.Node) bool {
			selector, ok := node.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			name := importedName(selector, imports)
			if strings.HasPrefix(name, "database/sql") || strings.HasPrefix(name, "github.com/riverqueue/river") {
				report(selector.Pos(), fmt.Sprintf("%s shows %s: no signature of store but JobDriver names River or database/sql", what, name))
			}
			return true
		})
	}
	for _, decl := range file.Decls {
		switch decl := decl.(type) {
		case *ast.FuncDecl:
			if decl.Name.IsExported() && decl.Name.Name != "JobDriver" && hasExportedReceiver(decl) {
				inspect(decl.Name.Name, decl.Type)
			}
		case *ast.GenDecl:
			for _, spec := range decl.Specs {
				checkSpec(spec, inspect)
			}
		}
	}
}

func checkSpec(spec ast.Spec, inspect func(string, ast.Node)) {
	switch spec := spec.(type) {
	case *ast.ValueSpec:
		if spec.Type != nil && slices.ContainsFunc(spec.Names, (*ast.Ident).IsExported) {
			inspect(spec.Names[0].Name, spec.Type)
		}
	case *ast.TypeSpec:
		if !spec.Name.IsExported() {
			return
		}
		structure, ok := spec.Type.(*ast.StructType)
		if !ok {
			inspect(spec.Name.Name, spec.Type)
			return
		}
		for _, field := range structure.Fields.List {
			if len(field.Names) == 0 || slices.ContainsFunc(field.Names, (*ast.Ident).IsExported) {
				inspect(spec.Name.Name, field.Type)
			}
		}
	}
}

func hasExportedReceiver(decl *ast.FuncDecl) bool {
	if decl.Recv == nil || len(decl.Recv.List) == 0 {
		return true
	}
	exported := false
	ast.Inspect(decl.Recv.List[0].Type, func(node ast.Node) bool {
		if ident, ok := node.(*ast.Ident); ok {
			exported = exported || ident.IsExported()
		}
		return true
	})
	return exported
}
