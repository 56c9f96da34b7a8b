# tpretrain_add_component(KIND NAME): one folder, one line. Configuring stops when one of the five
# files of a component is missing.
function(tpretrain_add_component kind name)
  set(dir ${PROJECT_SOURCE_DIR}/components/${kind}/${name})
  foreach(file ${dir}/${name}.h ${dir}/${name}.cc ${dir}/README.md
          ${PROJECT_SOURCE_DIR}/tests/components/${kind}/${name}_test.cc
          ${PROJECT_SOURCE_DIR}/configs/components/${kind}/${name}.yaml)
    if(NOT EXISTS ${file})
      message(FATAL_ERROR "component ${kind}/${name}: missing ${file}")
    endif()
  endforeach()
  target_sources(tpretrain_components PRIVATE ${dir}/${name}.cc)
  set_property(GLOBAL APPEND PROPERTY TPRETRAIN_COMPONENTS ${kind}_${name})
  set_property(GLOBAL APPEND PROPERTY TPRETRAIN_COMPONENT_TESTS
               ${PROJECT_SOURCE_DIR}/tests/components/${kind}/${name}_test.cc)
endfunction()

# Writes the sorted list of register calls: called once, after every component was added.
function(tpretrain_write_component_list out)
  get_property(names GLOBAL PROPERTY TPRETRAIN_COMPONENTS)
  list(SORT names)
  foreach(name IN LISTS names)
    string(APPEND decls "void register_${name}(Registry&);\n")
    string(APPEND calls "  register_${name}(registry);\n")
  endforeach()
  configure_file(${PROJECT_SOURCE_DIR}/cmake/builtin_components.cc.in ${out} @ONLY)
  target_sources(tpretrain_components PRIVATE ${out})
endfunction()
