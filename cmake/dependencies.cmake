# Third-party libraries, all from the distribution (scripts/packages.txt lists the packages).

find_package(pegtl REQUIRED)
find_package(fmt REQUIRED)
find_package(SQLite3 REQUIRED)
find_package(Boost 1.74 REQUIRED)
find_package(CLI11 REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(tsl-robin-map REQUIRED)

# These two come without a CMake package.
function(kpi_plain_library name header)
  find_library(KPI_${name}_LIBRARY ${name} REQUIRED)
  find_path(KPI_${name}_INCLUDE ${header} REQUIRED)
  add_library(${name} UNKNOWN IMPORTED)
  set_target_properties(${name} PROPERTIES IMPORTED_LOCATION ${KPI_${name}_LIBRARY}
                                           INTERFACE_INCLUDE_DIRECTORIES ${KPI_${name}_INCLUDE})
endfunction()
kpi_plain_library(utf8proc utf8proc.h)
kpi_plain_library(md sha256.h)
