package m365sim

var givenNames = []string{
	"Amara", "Bastian", "Carla", "Dmitri", "Elif", "Farid", "Greta", "Hiro", "Imani", "Jonas", "Katya", "Leon",
	"Mei", "Nadia", "Oscar", "Paloma", "Quentin", "Rosa", "Stefan", "Tamsin", "Umar", "Vera", "Wendel", "Ximena",
	"Yusuf", "Zora", "Anders", "Beatriz", "Cormac", "Delphine", "Edgar", "Fiona", "Gustavo", "Hanna", "Igor",
	"Jasmin", "Kofi", "Lucia", "Malik", "Nora", "Otis", "Pernille", "Rafael", "Sabine", "Tobias", "Uma", "Viktor",
	"Willa", "Yara", "Zeno",
}

var surnames = []string{
	"Abara", "Brandt", "Castell", "Dahl", "Eriksen", "Fontaine", "Galanis", "Hoffmeister", "Ibarra", "Jansen",
	"Kovac", "Lindqvist", "Moreau", "Nakano", "Oyelaran", "Petrov", "Quist", "Rasmussen", "Santoro", "Tanaka",
	"Ueda", "Varga", "Whitlock", "Yilmaz", "Zielinski", "Achterberg", "Bellweather", "Cardoso", "Drummond",
	"Escobar", "Falkner", "Grimaldi", "Hartigan", "Iversen", "Jorgensen", "Kaplan", "Lombardi", "Mwangi", "Novak",
	"Okonkwo", "Pellegrino", "Ribeiro", "Sorensen", "Thackeray", "Umarov", "Villanueva", "Winther", "Yamada",
	"Zimmer", "Ashdown",
}

var jobTitles = []string{
	"Nurse", "Accountant", "Ward manager", "Procurement officer", "Receptionist", "Pharmacist", "Payroll clerk",
	"Project lead", "Dispatcher", "Warehouse supervisor", "Technician", "Legal counsel", "Recruiter", "Analyst",
}
